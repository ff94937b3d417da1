"""`modelwright compile`: the compiled form of a project for one environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import Column, facts, table
from modelwright.cli.verb import verb

if TYPE_CHECKING:
    from modelwright.assembly.assembly import Assembly


@verb("compile", examples=["modelwright compile", "modelwright compile -e prod --json > assembly.json"])
def command(session: Session) -> Answer:
    """Show what the project becomes on its platform: resources, and the requests that releases will fill.

    With --json, `result` is the whole assembly. Nothing is changed and nothing is contacted.
    """
    from modelwright.compiler import compile_project
    from modelwright.spec.loading import load_project

    project = load_project(session.project)
    assembly = compile_project(project, session.environment or project.usual_environment())
    document = assembly.to_json()
    result = json.loads(document) if isinstance(document, str | bytes) else document
    return Answer(result, _text(session, assembly))


def _text(session: Session, assembly: Assembly) -> str:
    pairs = [
        ("project", assembly.project),
        ("environment", assembly.environment),
        ("adapter", assembly.adapter),
        ("digest", assembly.digest),
    ]
    resources = [(one.name, one.token, one.owner, "yes" if one.holds_data else None) for one in assembly.resources]
    requests = [(one.name, one.purpose, one.operation) for one in assembly.requests]
    columns = [
        Column("RESOURCE", shrinks=True),
        Column("TYPE", shrinks=True),
        Column("DECLARED AS"),
        Column("HOLDS DATA", spare=True),
    ]
    calls = [Column("REQUEST", shrinks=True), Column("PURPOSE"), Column("OPERATION", shrinks=True)]
    parts = [facts(pairs, session.out), table(columns, resources, session.out), table(calls, requests, session.out)]
    return "\n\n".join(parts)
