"""`modelwright cost`: what the environment costs by the prices that its adapter knows."""

from __future__ import annotations

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import Column, prose, table
from modelwright.cli.verb import verb


@verb("cost", examples=["modelwright cost", "modelwright cost -e prod --json"])
def command(session: Session) -> Answer:
    """Show what the environment costs: each resource by the hour, and this month's runs.

    An adapter that has no prices, as the local one, is said to have none: nothing is guessed.
    """
    from modelwright.client.costing import HOURS, cost

    found = cost(session.client().platform)
    if not found.priced:
        text = (
            f"the adapter {found.adapter} has no prices, so nothing is estimated: what runs there costs what the "
            "machine costs"
        )
        return Answer(found.to_dict(), prose(text, session.out))
    rows: list[tuple[object, ...]] = [(name, price, price * HOURS, None) for name, price in found.hourly.items()]
    rows += [(job, None, None, spent) for job, spent in found.runs.items()]
    columns = [
        Column("RESOURCE"),
        Column("AN HOUR", right=True),
        Column("A MONTH", right=True),
        Column("RUNS THIS MONTH", right=True),
    ]
    return Answer(found.to_dict(), table(columns, rows, session.out))
