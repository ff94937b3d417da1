"""`modelwright comment`: what `up` would change, as Markdown for a pull request."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.changes import change_documents
from modelwright.cli.commenting import LIMIT, markdown
from modelwright.cli.counts import Count
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.errors import UsageError

_SCHEMA = "modelwright.cli.preview/1"


@verb(
    "comment",
    examples=[
        "modelwright comment > comment.md",
        "modelwright preview --json > plan.json && modelwright comment --plan plan.json --output comment.md",
    ],
)
@click.option(
    "--plan", type=click.Path(exists=True, dir_okay=False, allow_dash=True), help="A document of `preview --json`."
)
@click.option("--output", metavar="PATH", type=click.Path(dir_okay=False), help="Write to a file instead.")
@click.option("--limit", type=Count(2_000), default=LIMIT, show_default=True, help="The most characters.")
def command(session: Session, plan: str | None, output: str | None, limit: int) -> Answer:
    """Print what `up` would change as Markdown for the comment of a pull request. Nothing is sent anywhere.

    Its first line is hidden and names project and environment, so that a script can replace its last comment.
    """
    client = session.client()
    changes = _read(plan) if plan is not None else change_documents(client.plan())
    text = markdown(changes, client.project, client.environment, limit)
    if output is None:
        return Answer({"markdown": text, "characters": len(text), "written": None}, text.rstrip("\n"))
    Path(output).write_text(text, encoding="utf-8")
    return Answer({"markdown": text, "characters": len(text), "written": output}, f"written to {output}")


def _read(plan: str) -> Mapping[str, Any]:
    """Return the plan of a document of `preview --json`. Raises `UsageError` for anything else."""
    text = sys.stdin.read() if plan == "-" else Path(plan).read_text(encoding="utf-8")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UsageError(f"this is no JSON: {error}", where=plan) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != _SCHEMA or not isinstance(document.get("result"), dict):
        raise UsageError(f"this is no document of `modelwright preview --json` but {schema!r}", where=plan)
    result: Mapping[str, Any] = document["result"]
    return result
