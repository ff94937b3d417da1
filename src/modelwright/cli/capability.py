"""Features for people: what a spec may rely on, and what each installed adapter answers."""

from __future__ import annotations

from dataclasses import dataclass

from modelwright.contract.discovery import find_adapter, installed
from modelwright.errors import ModelwrightError
from modelwright.spec.feature import FEATURES


@dataclass(frozen=True, slots=True)
class Answered:
    """One adapter's answer: its level, how or why, and the nearest alternative."""

    adapter: str
    level: str
    text: str = ""
    instead: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the answer as a document holds it."""
        return {"level": self.level, "text": self.text, "instead": self.instead}


@dataclass(frozen=True, slots=True)
class FeatureNote:
    """One feature with every installed adapter's answer."""

    name: str
    meaning: str
    answers: tuple[Answered, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the feature as a document holds it."""
        adapters = {answer.adapter: answer.to_dict() for answer in self.answers}
        return {"feature": self.name, "meaning": self.meaning, "adapters": adapters}


def feature_note(name: str) -> FeatureNote | None:
    """Return a feature with its answers, None for a name that is none."""
    if name not in FEATURES:
        return None
    return FeatureNote(name, FEATURES[name], tuple(_answer(adapter, name) for adapter in installed()))


def _answer(adapter: str, feature: str) -> Answered:
    try:
        answer = find_adapter(adapter).support[feature]
    except ModelwrightError as error:  # one broken plugin hides no other adapter's answer
        return Answered(adapter, "unknown", error.message)
    return Answered(adapter, answer.level, answer.how, answer.instead)
