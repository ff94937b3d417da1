"""What a verb works with: the common options as chosen, the two streams, warnings, questions and the client."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelwright.cli.answer import Diagnostic
from modelwright.cli.progress import Progress
from modelwright.cli.table import prose
from modelwright.cli.terminal import Terminal, When, clean, open_terminal
from modelwright.errors import CancelledError, UsageError

if TYPE_CHECKING:
    from modelwright.client.client import Client


@dataclass(slots=True)
class Session:
    """One call of one verb."""

    verb: str
    project: str = "project.py"
    environment: str | None = None
    json: bool = False
    yes: bool = False
    debug: bool = False
    color: When = "auto"
    diagnostics: list[Diagnostic] = field(default_factory=list)
    result: object = None
    """What is known although the verb fails; it stands in the document beside the error."""
    out: Terminal = field(init=False)
    err: Terminal = field(init=False)

    def __post_init__(self) -> None:
        self.out = open_terminal(sys.stdout, self.color)
        self.err = open_terminal(sys.stderr, self.color)

    def client(self) -> Client:
        """Connect to the project's environment. Raises what `connect` raises."""
        from modelwright.client.connect import connect

        return connect(self.project, environment=self.environment)

    def progress(self) -> Progress:
        """Return progress on standard error, for a `with` statement."""
        return Progress(self.err)

    def warn(self, message: str, *, remedy: str = "") -> None:
        """Warn on standard error and in the document."""
        self.diagnostics.append(Diagnostic("warning", message, remedy=remedy))
        told = prose(f"warning: {clean(message)}", self.err, hanging=2).removeprefix("warning")
        text = self.err.style("warning", "yellow", "bold") + told
        self.err.line(f"{text}\n{prose(clean(remedy), self.err, 2)}" if remedy else text)

    def confirm(self, question: str, *, typed: str | None = None) -> None:
        """Ask before something that cannot be undone; `typed` is a word that has to be typed instead of `yes`.

        Raises `UsageError` when nobody can answer and `--yes` was not given, `CancelledError` for any other answer.
        """
        if self.yes:
            return
        if self.json or not sys.stdin.isatty():
            raise UsageError(
                f"{self.verb} needs a confirmation and nobody can answer here",
                remedy=f"run `modelwright {self.verb} --yes` if you mean it",
            )
        expected = typed or "yes"
        self.err.stream.write(f"{clean(question)}\n  type {expected!r} to go on: ")
        self.err.stream.flush()
        if sys.stdin.readline().strip().lower() != expected.lower():
            raise CancelledError("not confirmed, so nothing was changed")
