"""`modelwright schema`: the JSON Schema of a project, or of what a verb answers under `--json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb

_PROJECT = "project"


@verb(
    "schema",
    examples=[
        "modelwright schema > project.schema.json",
        'modelwright schema --of "model promote" --output promote.schema.json',
    ],
)
@click.option(
    "--of",
    default=_PROJECT,
    show_default=True,
    metavar="VERB",
    help="A verb, for the document that it answers with --json.",
)
@click.option("--output", metavar="PATH", type=click.Path(dir_okay=False), help="Write to a file instead.")
def command(_session: Session, of: str, output: str | None) -> Answer:
    """Print the JSON Schema (draft 2020-12) of a project, or of a verb's --json document, for editors and scripts."""
    schema = _schema(of)
    text = json.dumps(schema, indent=2)
    if output is None:
        return Answer(schema, text)
    Path(output).write_text(text + "\n", encoding="utf-8")
    return Answer({"written": output}, f"written to {output}")


def _schema(of: str) -> dict[str, Any]:
    if of == _PROJECT:
        from modelwright.spec.schema import project_schema

        return project_schema()
    from modelwright.cli.documents.schemas import document_schema

    return document_schema(of.replace(".", " "))
