"""`modelwright features`: materialise a view, or read it online."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.following import job_answer
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on
from modelwright.errors import UsageError

command = group("features", "Materialise a feature view, or read it online.")


@verb("materialize", group=command, examples=["modelwright features materialize features.carrier"])
@click.argument("view")
def materialize(session: Session, view: str) -> Answer:
    """Bring VIEW up to now, offline and online, and wait for it."""
    client = session.client()
    resume = f"run `modelwright features materialize {view}` again: it goes on from its watermark"
    with goes_on("the job goes on", resume), session.progress() as progress:
        progress(view, "start", "materialising")
        said = client.materialize(view)
        progress(view, "done")
    return job_answer(session, said)


@verb("get", group=command, examples=["modelwright features get features.carrier carrier=AA carrier=DL"])
@click.argument("view")
@click.argument("keys", nargs=-1, required=True)
def get(session: Session, view: str, keys: tuple[str, ...]) -> Answer:
    """Read the online features of KEYS, each COLUMN=VALUE (several columns: `a=1,b=2`)."""
    wanted = [_key(text) for text in keys]
    rows = session.client().online(view, wanted)
    names = list(dict.fromkeys(name for row in [*wanted, *(row or {} for row in rows)] for name in row))
    shown = [[{**key, **(row or {})}.get(name) for name in names] for key, row in zip(wanted, rows, strict=True)]
    result = [{"key": key, "features": row} for key, row in zip(wanted, rows, strict=True)]
    return Answer(result, table([Column(name, shrinks=True) for name in names], shown, session.out))


def _key(text: str) -> dict[str, str | int]:
    key: dict[str, str | int] = {}
    for part in text.split(","):
        name, sign, value = part.partition("=")
        if not sign or not name:
            raise UsageError(f"{part!r} is not COLUMN=VALUE", remedy="for example carrier=AA")
        key[name] = int(value) if value.removeprefix("-").isdecimal() else value
    return key
