"""`modelwright batch`: score a batch endpoint's source, or any table with a version of a model, as a job."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.following import job_answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on


@verb(
    "batch",
    examples=[
        "modelwright batch scores",
        "modelwright batch delay@champion --source lake/flights/new --to lake/scores",
    ],
)
@click.argument("name", metavar="ENDPOINT|VERSION")
@click.option("--source", metavar="STORE/PATH", help="The table to score with a version of a model.")
@click.option("--to", metavar="STORE/PATH", help="Where its scores are written.")
def command(session: Session, name: str, source: str | None, to: str | None) -> Answer:
    """Score a whole table as a job and wait for it.

    A batch endpoint scores its own source, as its schedule would. A version (delay:3 or delay@champion) scores the
    table that --source names.
    """
    client = session.client()
    again = f"modelwright batch {name}{f' --source {source}' if source else ''}{f' --to {to}' if to else ''}"
    with (
        goes_on("the job goes on", f"run `{again}` again: it goes on from what is written"),
        session.progress() as progress,
    ):
        progress(name, "start", "scoring")
        said = str(client.predict_batch(name, source=source, to=to))
        progress(name, "done")
    return job_answer(session, said)
