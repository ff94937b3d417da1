"""`modelwright batch`: score a batch endpoint's source as a job."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.following import job_answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on


@verb("batch", examples=["modelwright batch scores"])
@click.argument("endpoint")
def command(session: Session, endpoint: str) -> Answer:
    """Score the source of a batch endpoint now and write its results, as its schedule would."""
    client = session.client()
    resume = f"run `modelwright batch {endpoint}` again: it goes on from what is written"
    with goes_on("the job goes on", resume), session.progress() as progress:
        progress(endpoint, "start", "scoring")
        said = str(client.predict_batch(endpoint))
        progress(endpoint, "done")
    return job_answer(session, said)
