"""Documents of the verbs that show adapters."""

from __future__ import annotations

from typing import Any, Literal

from modelwright.cli.documents.part import Part

Level = Literal["native", "emulated", "todo", "upstream", "never"]


class Answer(Part):
    """An adapter's answer for a feature."""

    level: Level
    how: str
    instead: str
    evidence: list[str]


class Announced(Part):
    """`adapters list`: an installed adapter, how often it gives which answer, or why it cannot be loaded."""

    name: str
    distribution: str
    version: str
    answers: dict[Level, int] | None
    error: str | None


class FeatureAnswered(Answer):
    """A feature with its meaning and the answer."""

    feature: str
    meaning: str


class Shown(Part):
    """`adapters show`: an adapter with its answer for each feature."""

    name: str
    distribution: str
    version: str
    answers: dict[Level, int]
    features: list[FeatureAnswered]


class Moved(Part):
    """A feature whose answer differs, with who relies on it where a project was read."""

    feature: str
    meaning: str
    move: Literal["lost", "gained", "weaker", "stronger"]
    before: Answer
    after: Answer
    relied_on_by: list[str]


class Compared(Part):
    """`adapters compare`: what differs; `project` and `environment` say whose needs were looked at, if any."""

    before: str
    after: str
    project: str | None
    environment: str | None
    differences: list[Moved]


ADAPTED: dict[str, Any] = {
    "adapters list": list[Announced],
    "adapters show": Shown,
    "adapters compare": Compared,
}
"""The type of each verb's `result`."""
