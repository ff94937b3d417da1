"""What each error code means, read from `explanations.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from modelwright.errors import ModelwrightError

_BUG = "MW9999"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One error code for a reader who has just met it."""

    code: str
    title: str
    meaning: str
    causes: tuple[str, ...]
    remedy: str

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as a document holds it."""
        named = {"code": self.code, "title": self.title, "meaning": self.meaning}
        return {**named, "causes": list(self.causes), "remedy": self.remedy}


@cache
def explanations() -> Mapping[str, Explanation]:
    """Return every explanation by its code."""
    content = tomllib.loads(files("modelwright.cli").joinpath("explanations.toml").read_text(encoding="utf-8"))
    return {
        code: Explanation(code, entry["title"], entry["meaning"], tuple(entry["causes"]), entry["remedy"])
        for code, entry in content.items()
    }


def exit_statuses() -> Mapping[str, int]:
    """Return the exit status of every error code."""
    found = {_BUG: 255}
    waiting: list[type[ModelwrightError]] = [ModelwrightError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__ == ModelwrightError.__module__:
            found[kind.code] = kind.exit_status
        waiting.extend(kind.__subclasses__())
    return found
