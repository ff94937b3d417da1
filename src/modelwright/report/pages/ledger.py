"""The pages of the ledger: every stream, and every event of it with its body."""

from __future__ import annotations

from modelwright.ledger.event import Event
from modelwright.report.address import EVENTS, stream_page
from modelwright.report.element import el, join, separated
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.pages.decisions import told
from modelwright.report.parts import mood, note, raw, table
from modelwright.report.wording import counted, digest, moment, plain

_SIZE = 120
_QUIET = frozenset({"deadline", "owner", "since", "attempt", "evidence", "promotion"})


def ledger_body(context: Context) -> Markup:
    """Return the page of all streams."""
    parts = [
        context.section("Streams", lambda: _streams(context)),
        context.section("Unreadable", lambda: _damaged(context)),
    ]
    lead = join(
        "every decision ever made, as it was chained; ",
        el("code", "modelwright ledger verify"),
        " proves that none was altered",
    )
    return context.page("Ledger", lead, parts)


def _streams(context: Context) -> Markup:
    rows = []
    for name, events in context.survey.streams.items():
        last = events[-1] if events else None
        said = moment(last.at) if last else mood("unreadable", "bad")
        link = context.links.to(stream_page(name), name)
        rows.append([link, f"{len(events):,}", said, last.kind if last else "", digest(last.digest) if last else ""])
    titles = ["Stream", "Events", "Last", "What", "Head"]
    return table(titles, rows, css=["", "num", "when", "", ""]) if rows else note("Nothing was decided yet.")


def _damaged(context: Context) -> Markup | None:
    found = {k: t for k, t in context.survey.documents.troubles.items() if k.startswith("ledger/")}
    rows = [[el("code", trouble.where), mood(trouble.why, "bad")] for trouble in found.values()]
    return table(["Where", "Why"], rows, css=["", "wide"]) if rows else None


def stream_pages(stream: str, events: int) -> list[tuple[str, int]]:
    """Return the pages of a stream with the number of the first event on each."""
    return [(stream_page(stream, first), first) for first in range(1, max(events, 1) + 1, EVENTS)]


def stream_body(context: Context, stream: str, first: int) -> Markup:
    """Return the page with the events of a stream from `first` on."""
    events = context.survey.events(stream)
    shown = events[first - 1 : first - 1 + EVENTS]
    pages = stream_pages(stream, len(events))
    others = [
        context.links.to(path, f"from #{number}") if number != first else f"from #{number}" for path, number in pages
    ]
    trouble = context.survey.documents.troubles.get(f"ledger/v1/{stream}")
    parts = [
        note(f"This stream cannot be read: {trouble.why}", "bad") if trouble else None,
        note(separated(others, " · ")) if len(pages) > 1 else None,
        context.section("Events", lambda: _events(context, shown)),
    ]
    return context.page(stream, join("a stream of the ledger with ", counted(len(events), "event")), parts)


def _events(context: Context, events: tuple[Event, ...]) -> Markup:
    said = {one.source: one for one in told(events)}
    rows = []
    for event in events:
        one = said.get(event.reference)
        what = join(el("strong", event.kind), ": ", mood(one.what, one.mood) if one else el("small", _facts(event)))
        rows.append([
            el("a", f"#{event.seq}", id=f"e{event.seq}", href=f"#e{event.seq}"),
            moment(event.at),
            what,
            event.reason,
            join(event.actor.id, el("small", f" {event.actor.kind}")),
            separated(map(context.links.event, event.cause)) if event.cause else "",
            _body(event),
        ])  # fmt: skip
    titles = ["Event", "When", "What", "Why", "By", "Because of", "Body"]
    return table(titles, rows, css=["num", "when", "", "wide", "", "", "wide"])


def _facts(event: Event) -> str:
    """Return what an event says that is no decision, in a line."""
    said = plain({key: value for key, value in event.body.items() if key not in _QUIET})
    return said if len(said) <= _SIZE else f"{said[: _SIZE - 1]}…"


def _body(event: Event) -> Markup:
    whole = {"body": event.body, "key": event.key, "recorded": event.recorded, "platform": event.platform,
             "prev": event.prev, "digest": event.digest, "by": event.by}  # fmt: skip
    return raw("body", whole)
