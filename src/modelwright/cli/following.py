"""What jobs and servers say: logs as they are or as they come, and a job's last line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import facts
from modelwright.cli.terminal import clean

_POLL = 0.3

Logs = Callable[[int], tuple[str, int]]


def show_logs(session: Session, logs: Logs, *, follow: bool, over: Callable[[], bool], lines: int | None) -> Answer:
    """Return the log, its last `lines` only if a number is given; with `follow`, write what comes until `over()`."""
    text, offset = _all(logs)
    shown = _last(text, lines)
    if not follow or session.json:
        return Answer({"log": shown, "offset": offset}, clean(shown).rstrip("\n"))
    _write(session, shown)
    try:
        while not over():
            time.sleep(_POLL)
            text, offset = logs(offset)
            _write(session, text)
        text, offset = logs(offset)
        _write(session, text)
    except KeyboardInterrupt:
        session.err.line("")  # the log goes on; Ctrl-C is how one stops following
    return Answer(None, None)


def _all(logs: Logs) -> tuple[str, int]:
    """Return all that was said so far, which comes in pieces, and where to go on."""
    pieces: list[str] = []
    piece, offset = logs(0)
    while piece:
        pieces.append(piece)
        piece, offset = logs(offset)
    return "".join(pieces), offset


def _last(text: str, lines: int | None) -> str:
    return text if lines is None else "".join(text.splitlines(keepends=True)[-lines:])


def _write(session: Session, text: str) -> None:
    if text:
        session.out.stream.write(clean(text))
        session.out.stream.flush()


def job_answer(session: Session, said: str) -> Answer:
    """Return what a job said in its last line: its facts where that is a JSON object, else the line."""
    try:
        document = json.loads(said)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return Answer({"said": said}, clean(said))
    return Answer(document, facts(document.items(), session.out))
