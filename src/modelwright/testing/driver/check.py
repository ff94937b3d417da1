"""A question to a driver on a real platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modelwright.testing.driver.applied import Applied


@dataclass(frozen=True, slots=True)
class DriverCheck:
    """A question such as `jobs[cancelled]`; it is asked only where the sample project has the request `needs`."""

    name: str
    needs: str
    ask: Callable[[Applied], None] = field(compare=False, repr=False)

    def __call__(self, platform: Applied) -> None:
        """Ask the question. Raises `ConformanceError` with what was found."""
        if not self.needs or platform.has(self.needs):
            self.ask(platform)

    def __str__(self) -> str:
        return self.name
