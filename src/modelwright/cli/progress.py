"""Progress on standard error: live lines on a terminal, plain lines and a heartbeat elsewhere.

A CI system that sees no output for minutes ends a job, and a person believes that it hangs: so something is said every
30 seconds, with what is still going on and for how long.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from modelwright.cli.terminal import Terminal, clean, clean_line, truncate

State = Literal["start", "done", "unchanged", "failed"]

HEARTBEAT = 30.0
_FRAME = 0.1
_LIVE_LINES = 8  # more could be higher than the window, whose upper lines no cursor reaches
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MARKS: dict[str, tuple[str, str]] = {"done": ("✓", "green"), "unchanged": ("=", "dim"), "failed": ("✗", "red")}
_ASCII_MARKS = {"✓": "ok", "✗": "FAILED", "=": "="}


def took(seconds: float) -> str:
    """Return a duration as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004  # below ten seconds a tenth is worth showing
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  # a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004  # an hour
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


class Progress:
    """Shows what is going on; call it as a `contract.driver.Progress`, and `say` for a step without an end."""

    def __init__(
        self, terminal: Terminal, *, heartbeat: float = HEARTBEAT, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._terminal = terminal
        self._heartbeat = heartbeat
        self._now = now
        self._active: dict[str, tuple[float, str]] = {}
        self._drawn = 0
        self._frame = 0
        self._spoke = now()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._beat, name="progress", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._erase()

    def __call__(self, name: str, state: State, detail: str = "") -> None:
        """Note that something starts or ends; `detail` says what is done to it."""
        name, detail = clean_line(name), clean_line(detail)
        with self._lock:
            if state == "start":
                self._active[name] = (self._now(), detail)
                if not self._terminal.tty:
                    self._write(f"  … {name}{': ' + detail if detail else ''}")
            else:
                started, _ = self._active.pop(name, (self._now(), ""))
                self._end(name, state, detail, self._now() - started)
            self._draw()

    def say(self, name: str, detail: str) -> None:
        """Show `detail` as the present state of `name`; a plain stream gets a line when more than numbers change."""
        name, detail = clean_line(name), clean_line(detail)
        with self._lock:
            started, before = self._active.get(name, (self._now(), ""))
            self._active[name] = (started, detail)
            if _words(detail) != _words(before) and not self._terminal.tty:
                self._write(f"  … {name}: {detail}")
            self._draw()

    def note(self, text: str, *, during: str = "") -> None:
        """Write a line that stays; `during` is what the next silence is about."""
        with self._lock:
            self._erase()
            self._write(clean(text).rstrip())
            if during:
                self._active = {during: (self._now(), clean_line(text))}
            self._draw()

    def _end(self, name: str, state: State, detail: str, seconds: float) -> None:
        mark, tint = _MARKS[state]
        timing = "" if state == "unchanged" else self._terminal.style(f"  {took(seconds)}", "dim")
        self._erase()
        self._write(f"  {self._terminal.style(mark, tint)} {name}{': ' + detail if detail else ''}{timing}")

    def _write(self, text: str) -> None:
        encoding = self._terminal.stream.encoding or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            for mark, word in _ASCII_MARKS.items():
                text = text.replace(mark, word)
            text = text.replace("…", "...")
        self._terminal.line(text)
        self._spoke = self._now()

    def _beat(self) -> None:
        while not self._stop.wait(_FRAME if self._terminal.tty else min(1.0, self._heartbeat / 2)):
            with self._lock:
                self._frame += 1
                self._draw()
                if not self._terminal.tty and self._active and self._now() - self._spoke >= self._heartbeat:
                    going = [_going(name, detail, self._now() - at) for name, (at, detail) in self._active.items()]
                    self._write(f"  … still working: {', '.join(going)}")

    def _draw(self) -> None:
        if not self._terminal.tty:
            return
        self._erase()
        width = (self._terminal.width or 80) - 1
        shown = list(self._active.items())[-_LIVE_LINES:]
        for name, (started, detail) in shown:
            spinner = _SPINNER[self._frame % len(_SPINNER)]
            line = f"  {spinner} {name}{': ' + detail if detail else ''}  {took(self._now() - started)}"
            self._terminal.stream.write(truncate(line, width) + "\n")
        self._drawn = len(shown)
        self._terminal.stream.flush()

    def _erase(self) -> None:
        if self._drawn:
            self._terminal.stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0


def _words(detail: str) -> str:
    return re.sub(r"[0-9.,]+", "", detail)


def _going(name: str, detail: str, seconds: float) -> str:
    return f"{name}{': ' + detail if detail else ''} ({took(seconds)})"
