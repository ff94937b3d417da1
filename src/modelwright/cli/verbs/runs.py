"""`modelwright runs`: list, show, follow and cancel runs."""

from __future__ import annotations

from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.counts import Count
from modelwright.cli.following import show_logs
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.table import Column, facts, table
from modelwright.cli.terminal import clean
from modelwright.cli.verb import verb

command = group("runs", "List, show, follow or cancel runs.", default="list")


@verb("list", group=command, examples=["modelwright runs list", "modelwright runs list --job train-delay --json"])
@click.option("--job", metavar="JOB", help="Only runs of this training job.")
@click.option("--last", type=Count(), default=20, show_default=True, help="How many.")
def list_runs(session: Session, job: str | None, last: int) -> Answer:
    """List runs, newest last."""
    runs = sorted((run.to_dict() for run in session.client().runs.values()), key=lambda run: run["queued"])
    chosen = [run for run in runs if job in (None, run["job"])][-last:]
    columns = [
        Column("RUN"),
        Column("STATE", state=True),
        Column("QUEUED"),
        Column("SECONDS", right=True),
        Column("METRICS", shrinks=True),
        Column("BY", shrinks=True, spare=True),
    ]
    rows = [(r["run"], r["state"], _moment(r["queued"]), r["seconds"], _metrics(r), r["by"]) for r in chosen]
    text = table(columns, rows, session.out) if rows else "no runs yet; start one with `modelwright train JOB`"
    return Answer(chosen, text)


@verb("show", group=command, examples=["modelwright runs show train-delay-3"])
@click.argument("run")
def show(session: Session, run: str) -> Answer:
    """Show one run: state, hyperparameters, metrics, and why it failed if it did."""
    document = session.client().runs[run].to_dict()
    pairs = [(name, document[name]) for name in ("run", "job", "state", "origin", "queued", "ended", "seconds", "by")]
    parts = [facts([*pairs, ("model", document["model"])], session.out)]
    parts += [
        f"{session.out.style(title, 'bold')}\n{facts(_indented(document[title]), session.out)}"
        for title in ("hyperparameters", "metrics")
        if document[title]
    ]
    if document["error"]:
        parts.append(f"{session.out.style('error', 'red', 'bold')}\n{_error(document['error'])}")
    return Answer(document, "\n\n".join(parts))


@verb("logs", group=command, examples=["modelwright runs logs train-delay-3", "modelwright runs logs -f train-delay-3"])
@click.argument("run")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.option("-n", "--lines", type=Count(0), help="Only the last lines.")
def logs(session: Session, run: str, follow: bool, lines: int | None) -> Answer:
    """Print a run's log; with -f go on until it ends. Ctrl-C stops following, not the run."""
    found = session.client().runs[run]

    def over() -> bool:
        return found.platform.driver.jobs.status(run).state not in {"queued", "running"}

    return show_logs(session, found.logs, follow=follow, over=over, lines=lines)


@verb("cancel", group=command, examples=["modelwright runs cancel train-delay-3"])
@click.argument("run")
def cancel(session: Session, run: str) -> Answer:
    """Stop a run."""
    found = session.client().runs[run]
    found.cancel()
    return Answer(found.to_dict(), f"{run} is {found.status}")


def _indented(values: dict[str, Any]) -> list[tuple[str, object]]:
    return [(f"  {name}", value) for name, value in values.items()]


def _metrics(run: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in run["metrics"].items())


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")


def _error(error: dict[str, Any]) -> str:
    text = f"{error.get('type', '')}: {error.get('message', '')}".strip(": ")
    trace = error.get("traceback") or ""
    return clean(f"{text}\n{trace}".strip())
