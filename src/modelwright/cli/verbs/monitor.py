"""`modelwright monitor`: compute closed windows, and show what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.counts import Count
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.terminal import Terminal
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on, steps
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.client.client import Client
    from modelwright.client.monitors import MonitorReport

command = group("monitor", "Compute a monitor's closed windows, or show its results.", default="report")
_monitor = click.argument("name", required=False)
_window = click.option("--window", metavar="DATE", help="Only windows that begin so, such as 2013-07 or 2013-07-01.")


@verb(
    "run", group=command, examples=["modelwright monitor run delay-watch", "modelwright monitor run --window 2013-07"]
)
@_monitor
@_window
def run(session: Session, name: str | None, window: str | None) -> Answer:
    """Compute every closed window that has no result yet. Running it twice changes nothing."""
    client = session.client()
    monitor = name or _only(client)
    resume = f"`modelwright monitor report {monitor}` shows its results"
    with goes_on("the job goes on", resume), session.progress() as progress:
        progress.say(monitor, "computing closed windows")
        report = client.monitor(monitor).run(window, on_progress=steps(progress, f"monitor/{monitor}", monitor))
        progress(monitor, "done", report.state)
    return Answer(report.to_dict(), report_text(report, session.out))


@verb(
    "report",
    group=command,
    examples=["modelwright monitor report delay-watch --last 5", "modelwright monitor report --html report.html"],
)
@_monitor
@_window
@click.option("--last", type=Count(), help="Only the last windows.")
@click.option("--html", metavar="PATH", type=click.Path(dir_okay=False), help="Write a page with plots of everything.")
def report(session: Session, name: str | None, window: str | None, last: int | None, html: str | None) -> Answer:
    """Show the results of a monitor's windows, or write them as a page with plots."""
    client = session.client()
    if html is not None:
        from modelwright.report.collect import collect_story
        from modelwright.report.story import render_story

        Path(html).write_text(render_story(collect_story(client, monitor=name)), encoding="utf-8")
        return Answer({"written": html}, f"written to {html}")
    found = client.monitor(name or _only(client)).report(last, window=window)
    return Answer(found.to_dict(), report_text(found, session.out))


def report_text(report: MonitorReport, terminal: Terminal) -> str:
    """Return a monitor's results, one row per window, version and check."""
    columns = [
        Column("WINDOW"),
        Column("VERSION", right=True),
        Column("CHECK", shrinks=True),
        Column("STATUS", state=True),
        Column("VALUE", right=True),
        Column("THRESHOLD", right=True),
        Column("ROWS", right=True, spare=True),
        Column("MATCHED", right=True, spare=True),
    ]
    rows = [
        (
            f"{result.window[0]:%Y-%m-%d} to {result.window[1]:%Y-%m-%d}",
            result.version,
            result.check_id,
            result.status,
            result.value,
            result.check.get("threshold"),
            result.rows,
            f"{result.matched:.0%}" if result.matched is not None else None,
        )
        for result in report.results
    ]
    head = f"{report.monitor} is {report.state}"
    return f"{head}\n\n{table(columns, rows, terminal)}" if rows else f"{head}: no window has closed yet"


def _only(client: Client) -> str:
    names = list(client.platform.record.of_kind("monitor"))
    if not names:
        raise UsageError("the project declares no monitor")
    if len(names) != 1:
        raise UsageError(f"name one of the monitors: {', '.join(names)}")
    return names[0]
