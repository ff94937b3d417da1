"""`modelwright status`: what is there, what runs, and what it waits for."""

from __future__ import annotations

from modelwright.cli.answer import Answer
from modelwright.cli.panels import NOT_OPERATED, next_commands, status_text
from modelwright.cli.session import Session
from modelwright.cli.verb import verb


@verb("status", examples=["modelwright status", "modelwright status -e prod --json"])
def command(session: Session) -> Answer:
    """Show every declared resource: endpoints and what serves, runs, versions, monitors, and what is waited for.

    Says when there are schedules and nothing operates them. An endpoint that waits for its first release is no error.
    """
    client = session.client()
    status = client.status()
    following = next_commands(client, status)
    if status.unattended and session.json:
        session.warn(NOT_OPERATED)
    return Answer({**status.to_dict(), "next": following}, status_text(status, session.out, following))
