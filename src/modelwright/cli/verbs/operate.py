"""`modelwright operate`: run schedules, rollouts and retraining in the foreground."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.terminal import clean_line
from modelwright.cli.verb import verb

if TYPE_CHECKING:
    from modelwright.lifecycle.platform import Step


@verb("operate", examples=["modelwright operate", "modelwright operate --once     # for cron"])
@click.option("--once", is_flag=True, help="Move everything one step and end.")
def command(session: Session, once: bool) -> Answer:
    """Run schedules, rollouts, monitors and retraining until Ctrl-C. Several operators do no harm."""
    client = session.client()
    if once:
        moved = [step for step in client.tick() if step.moved or step.failed]
        lines = [f"{step.stream}: {step.text}" for step in moved] or ["nothing to do"]
        return Answer([{"stream": step.stream, "text": step.text} for step in moved], "\n".join(lines))
    stop = _until_signalled()
    session.err.line(f"operating {client.project} ({client.environment}); Ctrl-C ends it")

    def show(step: Step) -> None:
        mark = session.err.style("failed", "red") + " " if step.failed else ""
        text = f"{client.clock.now():%Y-%m-%d %H:%M:%S}  {mark}{clean_line(step.stream)}: {clean_line(step.text)}"
        session.err.line(text)

    client.operate(stop, on_step=show)
    session.err.line("stopped; what serves goes on serving, schedules wait for the next operator")
    return Answer({"operated": True}, None)


def _until_signalled() -> threading.Event:
    """Return an event that the first Ctrl-C or SIGTERM sets; a second Ctrl-C ends at once."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return stop
