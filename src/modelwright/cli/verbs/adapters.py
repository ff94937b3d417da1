"""`modelwright adapters`: what is installed, what each can do, and what a move from one to another would cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.table import Column, facts, prose, table
from modelwright.cli.verb import verb
from modelwright.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelwright.cli.adapting import Row
    from modelwright.cli.terminal import Terminal
    from modelwright.contract.support import Answer as Answered
    from modelwright.contract.support import Difference
    from modelwright.spec.project import Project

command = group("adapters", "List adapters, or show or compare what they can do.", default="list")
_DEFAULT_PROJECT = "project.py"
_LEVELS = ("native", "emulated", "todo", "upstream", "never")


@verb("list", group=command, examples=["modelwright adapters list"])
def list_(session: Session) -> Answer:
    """List the installed adapters, those of other distributions too, with how many features each supports."""
    from modelwright.cli.adapting import rows

    found = rows()
    return Answer([row.to_dict() for row in found], _listing(found, session.out))


def _listing(found: Sequence[Row], terminal: Terminal) -> str:
    columns = [
        Column("NAME"),
        Column("DISTRIBUTION", shrinks=True, spare=True),
        Column("VERSION", spare=True),
        *(Column(level.upper(), right=True) for level in _LEVELS),
    ]
    cells = [
        (
            row.installed.name,
            row.installed.distribution,
            row.installed.version,
            *((row.answers[level] for level in _LEVELS) if row.answers else [None] * len(_LEVELS)),
        )
        for row in found
    ]
    broken = [prose(f"{row.installed.name}: {row.error}", terminal) for row in found if row.error]
    return "\n\n".join([table(columns, cells, terminal), *broken])


@verb(
    "show",
    group=command,
    examples=["modelwright adapters show local", "modelwright adapters show local --kind endpoint --level never"],
)
@click.argument("name")
@click.option("--kind", metavar="KIND", help="Only features of one kind, such as endpoint.")
@click.option("--level", type=click.Choice(_LEVELS), help="Only one kind of answer.")
def show(session: Session, name: str, kind: str | None, level: str | None) -> Answer:
    """Show what an adapter answers for each feature that a project may rely on, and why."""
    from modelwright.cli.adapting import announcement, answer_document, chosen, counted, identity
    from modelwright.contract.discovery import find_adapter
    from modelwright.spec.feature import FEATURES

    adapter = find_adapter(name)
    answers = chosen(kind, level, adapter.support)
    found = announcement(name)
    result = {
        **identity(found),
        "answers": counted(adapter),
        "features": [
            {"feature": feature, "meaning": FEATURES.get(feature, ""), **answer_document(answer)}
            for feature, answer in answers.items()
        ],
    }
    pairs = [("adapter", found.name), ("distribution", f"{found.distribution} {found.version}")]
    head = facts([*pairs, *((name, count) for name, count in counted(adapter).items() if count)], session.out)
    return Answer(result, "\n\n".join([head, *_answers(answers, session.out)]))


def _answers(answers: Mapping[str, Answered], terminal: Terminal) -> list[str]:
    from modelwright.cli.adapting import by_kind, words

    blocks = []
    for kind, features in by_kind(list(answers)):
        columns = [Column(kind.upper()), Column("ANSWER"), Column("HOW, OR WHY NOT", wraps=True)]
        cells = [
            (_short(feature), answers[feature].level, words(answers[feature]) or _meaning(feature))
            for feature in features
        ]
        blocks.append(table(columns, cells, terminal))
    return blocks


def _meaning(feature: str) -> str:
    from modelwright.spec.feature import FEATURES

    return FEATURES.get(feature, "")


def _short(feature: str) -> str:
    return feature.partition(".")[2] or feature


@verb(
    "compare",
    group=command,
    examples=[
        "modelwright adapters compare local acme      # in a folder without a project: all that differs",
        "modelwright adapters compare local acme -e prod   # exit 2 when the project would lose something",
    ],
)
@click.argument("before", metavar="FROM")
@click.argument("after", metavar="TO")
def compare(session: Session, before: str, after: str) -> Answer:
    """Show what is lost and gained on the way from one adapter to another.

    With a project file, only what the project relies on; exit 2 when some of that would be lost.
    """
    from modelwright.cli.adapting import answer_document, answers
    from modelwright.cli.adapting import compare as differences
    from modelwright.contract.discovery import find_adapter

    project, needs = _needs(session)
    old, new = (answers(find_adapter(name), project, session.environment) for name in (before, after))
    found = differences(old, new, needs)
    session.result = {
        "before": before,
        "after": after,
        "project": project.name if project else None,
        "environment": session.environment if project else None,
        "differences": [
            {
                "feature": one.feature,
                "meaning": _meaning(one.feature),
                "move": one.move,
                "before": answer_document(one.before),
                "after": answer_document(one.after),
                "relied_on_by": needs.get(one.feature, []) if needs else [],
            }
            for one in found
        ],
    }
    text = _comparison(found, before, after, needs, session.out)
    lost = [one for one in found if one.move == "lost"] if project else []
    if lost:
        if not session.json:
            session.out.line(text)
        count = f"{len(lost)} thing{'s' if len(lost) > 1 else ''}"
        raise UnsupportedError(f"the project relies on {count} that adapter {after!r} does not support",
                               remedy="change what is named for that environment by an override")  # fmt: skip
    return Answer(session.result, text)


def _needs(session: Session) -> tuple[Project | None, Mapping[str, list[str]] | None]:
    """Return the project and what it relies on; nothing where there is no project file and none was asked for."""
    if session.project == _DEFAULT_PROJECT and session.environment is None and not Path(session.project).exists():
        return None, None
    from modelwright.cli.adapting import needed
    from modelwright.spec.loading import load_project

    project = load_project(session.project)
    return project, needed(project, session.environment)


def _comparison(
    found: Sequence[Difference], before: str, after: str, needs: Mapping[str, list[str]] | None, terminal: Terminal
) -> str:
    from modelwright.cli.adapting import words

    among = "among what the project relies on" if needs is not None else "among all features"
    if not found:
        return prose(f"from {before} to {after}, nothing differs {among}", terminal)
    blocks = [prose(f"from {before} to {after}, {among}:", terminal)]
    for move in ("lost", "weaker", "stronger", "gained"):
        columns = [Column(move.upper()), Column("RELIED ON BY", wraps=True), Column("IN " + after.upper(), wraps=True)]
        cells = [
            (one.feature, ", ".join(needs.get(one.feature, [])) if needs else None, _there(one, words(one.after)))
            for one in found
            if one.move == move
        ]
        if cells:
            blocks.append(table(columns, cells, terminal))
    return "\n\n".join(blocks)


def _there(one: Difference, reason: str) -> str:
    return f"{one.after.level}: {reason}" if reason else one.after.level
