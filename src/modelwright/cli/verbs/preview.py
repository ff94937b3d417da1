"""`modelwright preview`: what `up` would change, and why."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.changes import change_documents, change_table, summary
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.cli.verbs.validate import refuse_missing_code
from modelwright.errors import ChangesFoundError


@verb("preview", examples=["modelwright preview", "modelwright preview -e prod --expect-no-changes   # exit 7 in CI"])
@click.option("--expect-no-changes", is_flag=True, help="Exit with 7 when there is a change.")
def command(session: Session, expect_no_changes: bool) -> Answer:
    """Show what `up` would change, with the reason of each change. Nothing is changed."""
    client = session.client()
    refuse_missing_code(session, client.workplace.project)
    changes = client.plan()
    result = change_documents(changes)
    text = f"{change_table(changes, session.out)}\n\n{summary(changes)}" if changes else "no changes"
    if expect_no_changes and changes:
        session.result = result
        if not session.json:
            session.out.line(text)
        raise ChangesFoundError(
            f"no changes were expected, and there are {len(changes)}", remedy="run `modelwright up`"
        )
    return Answer(result, text)
