"""`modelwright outputs`: addresses and names of what was made."""

from __future__ import annotations

import json
from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb
from modelwright.errors import NotFoundError, did_you_mean


@verb("outputs", examples=["modelwright outputs", "curl $(modelwright outputs delay-api url)/healthz"])
@click.argument("resource", required=False)
@click.argument("name", required=False)
def command(session: Session, resource: str | None, name: str | None) -> Answer:
    """Show addresses, paths and names. With RESOURCE only its own, with NAME the bare value, for scripts."""
    outputs = session.client().outputs()
    if resource is None:
        rows = [(owner, key, _text(value)) for owner, values in outputs.items() for key, value in values.items()]
        columns = [Column("RESOURCE"), Column("OUTPUT"), Column("VALUE", wraps=True)]
        return Answer(outputs, table(columns, rows, session.out))
    found = _pick(outputs, resource, "resource with outputs")
    if name is None:
        rows_of_one = [(key, _text(value)) for key, value in found.items()]
        return Answer(found, table([Column("OUTPUT"), Column("VALUE", wraps=True)], rows_of_one, session.out))
    value = _pick(found, name, f"output of {resource}")
    return Answer(value, _text(value))


def _pick(choices: dict[str, Any], name: str, what: str) -> Any:
    if name not in choices:
        raise NotFoundError(f"there is no {what} named {name!r}", remedy=did_you_mean(name, choices))
    return choices[name]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
