"""`modelwright explain`: an error code, or a field of the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import Column, facts, prose, table
from modelwright.cli.terminal import Terminal
from modelwright.cli.verb import verb
from modelwright.errors import NotFoundError, did_you_mean

if TYPE_CHECKING:
    from modelwright.cli.explanations import Explanation
    from modelwright.cli.fields import FieldNote, KindNote


@verb(
    "explain",
    examples=[
        "modelwright explain MW1301",
        "modelwright explain endpoint",
        "modelwright explain endpoint.rollout.bake",
    ],
)
@click.argument("subject")
def command(session: Session, subject: str) -> Answer:
    """Explain an error code (MW1301), a kind (endpoint) or a field (endpoint.capture)."""
    if re.fullmatch(r"(?i)mw\d+", subject):
        entry = _entry(subject.upper())
        return Answer(entry.to_dict(), _entry_text(entry, session.out))
    from modelwright.cli.fields import FieldNote, explain

    note = explain(subject)
    text = _field_text(note, session.out) if isinstance(note, FieldNote) else _kind_text(note, session.out)
    return Answer(note.to_dict(), text)


def _entry(code: str) -> Explanation:
    from modelwright.cli.explanations import explanations

    known = explanations()
    if code not in known:
        raise NotFoundError(f"there is no error code {code}", remedy=did_you_mean(code, known))
    return known[code]


def _entry_text(entry: Explanation, terminal: Terminal) -> str:
    from modelwright.cli.explanations import exit_statuses

    status = exit_statuses()[entry.code]
    head = prose(f"{entry.code}: {entry.title} (exit status {status})", terminal)
    causes = "\n".join(prose(f"- {cause}", terminal, 2) for cause in entry.causes)
    meaning, remedy = prose(entry.meaning, terminal), prose(entry.remedy, terminal, 2)
    return f"{head}\n\n{meaning}\n\nLikely causes:\n{causes}\n\nWhat to do:\n{remedy}"


def _field_text(note: FieldNote, terminal: Terminal) -> str:
    pairs = [
        ("field", note.path),
        ("meaning", note.meaning),
        ("takes", note.takes),
        ("default", "none: it must be given" if note.required else note.default),
    ]
    return facts(pairs, terminal)


def _kind_text(note: KindNote, terminal: Terminal) -> str:
    columns = [Column("FIELD"), Column("DEFAULT", shrinks=True), Column("MEANING", wraps=True)]
    rows = [
        (field.path.rpartition(".")[2], "required" if field.required else field.default, field.meaning)
        for field in note.fields
    ]
    head = prose(f"{note.name}: {note.meaning}", terminal)
    return f"{head}\n\n{table(columns, rows, terminal)}"
