"""Decisions as a table with links to their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelwright.ledger.event import Event
from modelwright.report.deciding import decided
from modelwright.report.documents import UNREADABLE
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.parts import folded, mood, note, table
from modelwright.report.series import Decided
from modelwright.report.wording import moment

_SHOWN = 40


def told(events: Iterable[Event]) -> Iterator[Decided]:
    """Yield the events that are decisions; one whose body is not what its kind says is told by its kind alone."""
    for event in events:
        try:
            yield from list(decided([event]))
        except UNREADABLE:
            yield Decided(
                event.at,
                f"{event.kind}, whose body cannot be read",
                event.reason,
                "",
                event.actor.id,
                event.reference,
                "bad",
            )


def decision_table(context: Context, decisions: Sequence[Decided]) -> Markup:
    """Return decisions in the order given; those beyond 40 are folded."""
    if not decisions:
        return note("Nothing was decided yet.")
    first = _table(context, decisions[:_SHOWN])
    rest = decisions[_SHOWN:]
    return Markup(first + (folded(f"{len(rest):,} earlier", _table(context, rest)) if rest else ""))


def _table(context: Context, decisions: Sequence[Decided]) -> Markup:
    rows = [
        [moment(one.at), mood(one.what, one.mood), one.why, one.evidence, one.by, context.links.event(one.source)]
        for one in decisions
    ]
    return table(["When", "What", "Why", "Evidence", "By", "Event"], rows, css=["when", "", "wide", "wide", "", ""])
