"""`modelwright up`: make the environment what the project says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.changes import change_table, summary
from modelwright.cli.panels import next_commands, status_text
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.cli.verbs.validate import refuse_missing_code
from modelwright.cli.waiting import goes_on

if TYPE_CHECKING:
    from modelwright.client.client import Client


@verb("up", examples=["modelwright up", "modelwright up -e prod --yes", "modelwright up --allow-data-loss lake"])
@click.option(
    "--allow-data-loss",
    "allowed",
    multiple=True,
    metavar="RESOURCE",
    help="Allow that this resource's data is destroyed.",
)
def command(session: Session, allowed: tuple[str, ...]) -> Answer:
    """Make the environment what the project says, and show what is there and what to do next.

    Running it again changes nothing. After a kill or Ctrl-C, run it again: it goes on from what is done.
    """
    client = session.client()
    refuse_missing_code(session, client.workplace.project)
    permitted = _permitted(session, client, allowed)
    with (
        goes_on("what was made so far is kept", "run `modelwright up` again: it goes on"),
        session.progress() as progress,
    ):
        client.up(progress=progress, allow_data_loss=permitted)
    status = client.status()
    following = next_commands(client, status)
    result = {"status": status.to_dict(), "outputs": client.outputs(), "next": following}
    return Answer(result, status_text(status, session.out, following))


def _permitted(session: Session, client: Client, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return what may be destroyed: what was named, and what a person types now."""
    if session.yes or session.json or not sys.stdin.isatty():
        return allowed
    changes = [change for change in client.plan() if change.holds_data]
    lossy = sorted({change.owner or change.name for change in changes} - set(allowed))
    if lossy:
        session.err.line(f"{change_table(changes, session.err)}\n\n{summary(changes)}")
    for name in lossy:
        session.confirm(f"the data of {name} will be destroyed", typed=name)
    return (*allowed, *lossy)
