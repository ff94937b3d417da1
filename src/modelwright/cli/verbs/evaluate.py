"""`modelwright evaluate`: score a version on held-out data, beside another one."""

from __future__ import annotations

from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.terminal import Terminal
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on


@verb("evaluate", examples=["modelwright evaluate delay:3", "modelwright evaluate delay:3 --against delay@champion"])
@click.argument("version")
@click.option(
    "--against",
    metavar="VERSION",
    default="champion",
    show_default=True,
    help="An alias or version to compare with; `none` for nothing.",
)
def command(session: Session, version: str, against: str) -> Answer:
    """Score VERSION on its model's held-out rows, beside another version on the same rows. Decides nothing."""
    from modelwright.client.evaluating import evaluate

    client = session.client()
    found = client.version(version)
    name = f"{found.model}:{found.number}"
    with goes_on("the job goes on", f"`modelwright evaluate {version}` again"), session.progress() as progress:
        progress(name, "start", "evaluating")
        result = evaluate(client.platform, found.state, None if against == "none" else against)
        progress(name, "done", f"{result['rows']} rows")
    return Answer(result, evaluation_text(result, session.out))


def evaluation_text(result: dict[str, Any], terminal: Terminal) -> str:
    """Return each version's metrics with their intervals, then the comparisons."""
    rows = [
        (f"version {number}", metric, found.get("value"), _interval(found.get("interval")))
        for number, metrics in result["metrics"].items()
        for metric, found in metrics.items()
    ]
    columns = [Column("VERSION"), Column("METRIC"), Column("VALUE", right=True), Column("95 % INTERVAL")]
    parts = [f"{result['rows']:,} held-out rows in {len(result['blocks'])} blocks", table(columns, rows, terminal)]
    compared = [
        (one["metric"], one.get("difference"), _interval(one.get("interval")), one.get("probability"), one["passed"])
        for one in result.get("comparisons", ())
    ]
    if compared:
        heads = [
            Column("METRIC"),
            Column("DIFFERENCE", right=True),
            Column("INTERVAL"),
            Column("PROBABILITY", right=True),
        ]
        parts.append(table([*heads, Column("BEATS")], compared, terminal))
    return "\n\n".join(parts)


def _interval(pair: Any) -> str | None:
    return f"{pair[0]:+.4f} to {pair[1]:+.4f}" if pair else None
