"""Adapters for people and programs: what is installed, what it answers, and what a move would cost a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from modelwright.contract.adapter import Adapter
from modelwright.contract.check import relied_on
from modelwright.contract.discovery import Installed, announced, find_adapter
from modelwright.contract.support import Answer, Difference, Level, moved
from modelwright.errors import ModelwrightError, NotFoundError, did_you_mean
from modelwright.spec.feature import FEATURES
from modelwright.spec.project import Project

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Row:
    """An installed adapter with its answers counted, or with what went wrong when it was loaded."""

    installed: Installed
    answers: Mapping[str, int] | None
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as a document holds it."""
        return {**identity(self.installed), "answers": self.answers, "error": self.error}


def rows() -> list[Row]:
    """Return every announced adapter; one that cannot be loaded hides no other."""
    return [_row(one) for one in announced()]


def _row(one: Installed) -> Row:
    try:
        return Row(one, counted(find_adapter(one.name)))
    except ModelwrightError as error:
        return Row(one, None, error.message)


def counted(adapter: Adapter) -> dict[str, int]:
    """Return how often an adapter gives each answer."""
    counts = Counter(answer.level for answer in adapter.support.values())
    return {level: counts[level] for level in LEVELS}


def identity(one: Installed) -> dict[str, str]:
    """Return an adapter's name and where it is from, as a document holds them."""
    return {"name": one.name, "distribution": one.distribution, "version": one.version}


def announcement(name: str) -> Installed:
    """Return where an adapter is from. The adapter must have been found."""
    return next(one for one in announced() if one.name == name)


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return an answer as a document holds it."""
    return {"level": answer.level, "how": answer.how, "instead": answer.instead, "evidence": list(answer.evidence)}


def chosen(kind: str | None, level: str | None, support: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers of a kind and a level. Raises `NotFoundError` naming the kinds that have features."""
    kinds = list(dict.fromkeys(name.partition(".")[0] for name in FEATURES))
    if kind is not None and kind not in kinds:
        raise NotFoundError(f"there are no features of a {kind!r}", remedy=did_you_mean(kind, kinds))
    return {
        name: answer
        for name, answer in support.items()
        if (kind is None or name.partition(".")[0] == kind) and (level is None or answer.level == level)
    }


def by_kind(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds with their features, in order."""
    for kind in dict.fromkeys(name.partition(".")[0] for name in names):
        yield kind, [name for name in names if name.partition(".")[0] == kind]


def words(answer: Answer) -> str:
    """Return an answer's reason, with what to use instead."""
    return f"{answer.how}; instead: {answer.instead}" if answer.instead else answer.how


def compare(
    before: Mapping[str, Answer], after: Mapping[str, Answer], needs: Container[str] | None
) -> list[Difference]:
    """Return what differs between two adapters' answers, among what a project needs if that is known."""
    return [one for one in moved(before, after) if needs is None or one.feature in needs]


def answers(adapter: Adapter, project: Project | None, environment: str | None) -> dict[str, Answer]:
    """Return an adapter's answers, with those that the settings of the project's environments on it change."""
    found = dict(adapter.support)
    if project is not None:
        places = {name: project.environments[name] for name in _environments(project, environment)}
        for name, place in places.items():
            if place.adapter == adapter.name:
                found |= adapter.granted(adapter.read_settings(place.settings, name, place))
    return found


def _environments(project: Project, environment: str | None) -> list[str]:
    return (
        list(project.environments) if environment is None else [project.for_environment(environment).environment_name]
    )


def needed(project: Project, environment: str | None) -> dict[str, list[str]]:
    """Return what a project relies on and who does, in an environment or in any. Raises `UnknownEnvironmentError`."""
    found: dict[str, list[str]] = {}
    for name in _environments(project, environment):
        for who, feature in relied_on(project.for_environment(name)):
            if who not in found.setdefault(feature, []):
                found[feature].append(who)
    return found
