"""`modelwright schema`: the JSON Schema of a project."""

from __future__ import annotations

import json
from pathlib import Path

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb


@verb(
    "schema", examples=["modelwright schema > project.schema.json", "modelwright schema --output project.schema.json"]
)
@click.option("--output", metavar="PATH", type=click.Path(dir_okay=False), help="Write to a file instead.")
def command(_session: Session, output: str | None) -> Answer:
    """Print the JSON Schema (draft 2020-12) of a project, for editors and for checks in CI."""
    from modelwright.spec.schema import project_schema

    schema = project_schema()
    text = json.dumps(schema, indent=2)
    if output is None:
        return Answer(schema, text)
    Path(output).write_text(text + "\n", encoding="utf-8")
    return Answer({"written": output}, f"written to {output}")
