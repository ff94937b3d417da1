"""Waiting in the foreground: steps of the platform as progress, and what Ctrl-C leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelwright.cli.progress import Progress
from modelwright.errors import CancelledError

if TYPE_CHECKING:
    from modelwright.lifecycle.platform import Step


def steps(progress: Progress, stream: str = "", name: str = "") -> Callable[[Step], None]:
    """Return what shows steps: those that are done stay on the screen, those that wait are redrawn.

    Steps of `stream` are shown under the `name` of what is waited for, so that it has one line and not two.
    """

    def show(step: Step) -> None:
        if stream and step.stream == stream and not step.failed:
            progress.say(name, step.text.replace(f"run {name} ", "").replace(f"started run {name}", "started"))
        elif step.failed:
            progress(step.stream, "failed", step.text)
        elif step.moved and not step.busy:
            progress(step.stream, "done", step.text)
        else:
            progress.say(step.stream, step.text)

    return show


@contextmanager
def goes_on(what: str, remedy: str) -> Iterator[None]:
    """Turn Ctrl-C into `CancelledError` that says what still runs and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise CancelledError(f"you stopped waiting; {what}", remedy=remedy) from None
