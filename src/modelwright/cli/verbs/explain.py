"""`modelwright explain`: an error code, a field of the project, or a feature that adapters answer for."""

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
    from modelwright.cli.capability import FeatureNote
    from modelwright.cli.explanations import Explanation
    from modelwright.cli.fields import FieldNote, KindNote


@verb(
    "explain",
    examples=[
        "modelwright explain MW1301",
        "modelwright explain endpoint",
        "modelwright explain endpoint.rollout.bake",
        "modelwright explain endpoint.scale_to_zero",
    ],
)
@click.argument("subject")
def command(session: Session, subject: str) -> Answer:
    """Explain an error code (MW1301), a kind (endpoint), a field (endpoint.capture) or a feature (endpoint.weights).

    A feature is something that a project may rely on; it is shown with what each installed adapter answers.
    """
    if re.fullmatch(r"(?i)mw\d+", subject):
        entry = _entry(subject.upper())
        return Answer(entry.to_dict(), _entry_text(entry, session.out))
    note, feature = _note(subject)
    if note is None:
        assert feature is not None, "an unknown subject is an error"
        return Answer(feature.to_dict(), _feature_text(feature, session.out))
    answers = feature.to_dict()["adapters"] if feature is not None else {}
    text = _note_text(note, session.out)
    if feature is not None:
        text += f"\n\n{_answers(feature, session.out)}"
    return Answer({**note.to_dict(), "adapters": answers}, text)


def _note(subject: str) -> tuple[FieldNote | KindNote | None, FeatureNote | None]:
    """Return the field or kind and the feature of a name; one of them may be None. Raises `NotFoundError`."""
    from modelwright.cli.capability import feature_note
    from modelwright.cli.fields import explain

    feature = feature_note(subject)
    try:
        return explain(subject), feature
    except NotFoundError:
        if feature is None:
            raise
        return None, feature


def _note_text(note: FieldNote | KindNote, terminal: Terminal) -> str:
    from modelwright.cli.fields import FieldNote

    return _field_text(note, terminal) if isinstance(note, FieldNote) else _kind_text(note, terminal)


def _feature_text(feature: FeatureNote, terminal: Terminal) -> str:
    pairs = [("feature", feature.name), ("meaning", feature.meaning)]
    return f"{facts(pairs, terminal)}\n\n{_answers(feature, terminal)}"


def _answers(feature: FeatureNote, terminal: Terminal) -> str:
    """Return what each installed adapter answers."""
    columns = [Column("ADAPTER"), Column("SUPPORT"), Column("HOW OR WHY", wraps=True), Column("INSTEAD", wraps=True)]
    rows = [(one.adapter, one.level, one.text or None, one.instead or None) for one in feature.answers]
    return table(columns, rows, terminal)


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
    causes = "\n".join(prose(f"- {cause}", terminal, 2, hanging=2) for cause in entry.causes)
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
