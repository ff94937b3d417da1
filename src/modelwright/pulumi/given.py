"""What the surrounding program gives to a project: plain values, Outputs, or whole stacks by reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from modelwright.errors import UsageError, did_you_mean


class Gifts:
    """Answers `Given(path)`: a value given under the path, or an output of a stack given under its beginning."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = dict(given)

    def __call__(self, path: str) -> pulumi.Output[Any]:
        """Return the value at a path. Raises `UsageError` where nobody gave it."""
        key = self._key(path)
        if key is None:
            raise UsageError(f"nobody gave {path!r}", remedy=_remedy([path]))
        value = self._given[key]
        if key != path:
            assert isinstance(value, pulumi.StackReference), "only a stack is asked for more than its path"
            return value.require_output(path.removeprefix(f"{key}."))
        return pulumi.Output.from_input(value)

    def check(self, wanted: Iterable[str]) -> None:
        """Raise `UsageError` for paths that nobody gave, and for what was given and nobody wants."""
        paths = sorted(set(wanted))
        if missing := [path for path in paths if self._key(path) is None]:
            raise UsageError(f"the project takes {', '.join(missing)} from this program", remedy=_remedy(missing))
        used = {self._key(path) for path in paths}
        if idle := [key for key in self._given if key not in used]:
            raise UsageError(f"nothing in this environment takes {', '.join(idle)}",
                             remedy=did_you_mean(idle[0], paths) or "leave it out of `given`")  # fmt: skip

    def _key(self, path: str) -> str | None:
        if path in self._given:
            return path
        while "." in path:
            path = path.rpartition(".")[0]
            if isinstance(self._given.get(path), pulumi.StackReference):
                return path
        return None


def _remedy(paths: list[str]) -> str:
    given = ", ".join(f'"{path}": …' for path in paths)
    return f"give it: Platform(…, given={{{given}}})"
