"""`modelwright destroy`: remove everything that `up` and releases have made."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on


@verb(
    "destroy",
    examples=[
        "modelwright destroy",
        "modelwright destroy -e dev --yes --allow-data-loss lake --allow-data-loss features",
    ],
)
@click.option(
    "--allow-data-loss",
    "allowed",
    multiple=True,
    metavar="RESOURCE",
    help="Allow that this resource's data is destroyed.",
)
def command(session: Session, allowed: tuple[str, ...]) -> Answer:
    """Stop everything that serves and remove what was made. Data goes only where it is named."""
    client = session.client()
    session.confirm(
        f"everything of {client.project} in {client.environment} will be removed: endpoints stop answering, "
        "and the history of releases goes with them",
        typed=client.environment,
    )
    with goes_on("what is left is kept", "run `modelwright destroy` again: it goes on"), session.progress() as progress:
        client.destroy(progress=progress, allow_data_loss=allowed)
    result = {"project": client.project, "environment": client.environment, "destroyed": True}
    return Answer(result, f"{client.project} ({client.environment}) is removed")
