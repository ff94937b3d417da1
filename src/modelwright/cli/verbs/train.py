"""`modelwright train`: run a training job and wait for it; with `--promote` until the new version serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.promoting import promote_and_wait
from modelwright.cli.session import Session
from modelwright.cli.table import facts
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on, steps
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.client.training import Run


@verb(
    "train",
    examples=[
        "modelwright train train-delay",
        "modelwright train train-delay --promote",
        "modelwright train train-delay --param max_iter=300 --param learning_rate=0.05",
    ],
)
@click.argument("job")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A hyperparameter; VALUE is JSON or text.")
@click.option("--promote", is_flag=True, help="Register the model and promote it to champion.")
@click.option("--detach", is_flag=True, help="Start the run and do not wait for it.")
def command(session: Session, job: str, params: tuple[str, ...], promote: bool, detach: bool) -> Answer:
    """Run the training job JOB and wait for it.

    Ctrl-C leaves the run going; the same command again goes on with it.
    """
    if promote and detach:
        raise UsageError("--promote waits for the run, --detach does not", remedy="leave one of them out")
    client = session.client()
    wanted = hyperparameters(params) or None
    run = client.train(job, wanted) if detach else client.train_or_resume(job, wanted, promote=promote)
    if detach:
        return Answer(run.to_dict(), f"{run.id} is running; follow it with `modelwright runs logs -f {run.id}`")
    _wait(session, run, promote=promote)
    session.result = run.to_dict()
    if promote:
        resume = f"`modelwright model register {run.id}` goes on from there"
        with goes_on(f"run {run.id} has a model that may not be registered", resume), session.progress() as progress:
            progress(job, "start", "registering")
            version = client.register(run)
            progress(job, "done", f"registered as {version.model}:{version.number}")
        if not session.json:
            session.out.line(_run_text(session, run))
        return promote_and_wait(session, client, version, run=run)
    return Answer(run.to_dict(), f"{_run_text(session, run)}\n\nnext: modelwright model register {run.id}")


def _wait(session: Session, run: Run, *, promote: bool) -> None:
    resume = f"`modelwright runs logs -f {run.id}` follows it, `modelwright runs cancel {run.id}` stops it"
    left = f"run {run.id} goes on"
    if promote:
        left += ", and its model will be neither registered nor promoted"
        again = (
            f"the same command again goes on with it, or, when it has succeeded, `modelwright model register {run.id}`"
        )
        resume = f"{again}; {resume}"
    with goes_on(left, resume), session.progress() as progress:
        progress.say(run.id, "started")
        run.wait(on_progress=steps(progress, f"training/{run.state.job}", run.id))
        progress(run.id, "done", run.status)


def _run_text(session: Session, run: Run) -> str:
    document = run.to_dict()
    pairs: list[tuple[str, object]] = [("run", run.id), ("state", document["state"]), ("seconds", document["seconds"])]
    return facts([*pairs, *((f"  {name}", value) for name, value in document["metrics"].items())], session.out)


def hyperparameters(params: tuple[str, ...]) -> dict[str, Any]:
    """Return `NAME=VALUE` texts as a mapping; a value that is no JSON is a text. Raises `UsageError`."""
    found: dict[str, Any] = {}
    for param in params:
        name, sign, text = param.partition("=")
        if not sign or not name:
            raise UsageError(f"{param!r} is not NAME=VALUE", remedy="for example --param max_iter=300")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
