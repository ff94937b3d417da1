"""The point-in-time join as SQL: for each entity row, the feature row that was the newest known at its time.

A feature row becomes available at `greatest(event_time, created_time)`. One that is overtaken (a row with a newer event
was available no later) can never be the answer, so it is dropped first; what is left has the same order by availability
as by event, and one ASOF inequality finds the answer. Joining first and dropping future rows after would lose matches.

Where every row becomes available equally long after its event (`lateness`), none can be overtaken and the dropping,
which costs more than the rest, is left out. What it would also have decided, which of two rows of one event wins, is
asked of the answers afterwards (`tied`).
"""
# ruff: noqa: S608 - identifiers went through `quoted`, texts through `literal`

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelwright.workload.rows import quoted
from modelwright.workload.views import CREATED_TIME, EVENT_TIME, View

EVENT = "__event"
_AVAILABLE = "__available"
_DAY_MICROS = 86_400_000_000


def candidates(view: View, known: str) -> str:
    """Return the SELECT of the `known` feature rows that can be an answer: not overtaken, the winner among equals."""
    keys = ", ".join(quoted(key) for key in view.entity)
    features = ", ".join(quoted(name) for name in view.features)
    return f"""
      SELECT * FROM ({known})
      WINDOW known AS (PARTITION BY {keys} ORDER BY {_AVAILABLE}, {EVENT}, __created, {features}
                       ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      QUALIFY lead({_AVAILABLE}) OVER known IS DISTINCT FROM {_AVAILABLE} AND {EVENT} >= max({EVENT}) OVER known"""


def known(view: View, scan: str, *, as_known: bool, bounds: tuple[int, int] | None = None) -> str:
    """Return the SELECT of the feature rows, with the moment from which each one is available.

    `bounds` are the first and last moment asked for (microseconds): rows that have expired before, or happen after, are
    not read.
    """
    event, created = f"epoch_us({quoted(EVENT_TIME)})", f"epoch_us({quoted(CREATED_TIME)})"
    available = f"greatest({event}, {created})" if as_known else event
    columns = ", ".join(quoted(name) for name in (*view.entity, *view.features))
    whole = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in (*view.entity, EVENT_TIME, CREATED_TIME))
    return f"""SELECT {columns}, {event} AS {EVENT}, {created} AS __created, {available} AS {_AVAILABLE}
        FROM {scan} WHERE {whole}{_within(view, bounds)}"""


def lateness(features: str) -> str:
    """Return the SELECT of the least and greatest time (microseconds) from a row's event to its being available."""
    late = f"{_AVAILABLE} - {EVENT}"
    return f"SELECT min({late}) AS least, max({late}) AS greatest FROM {features}"


def tied(view: View, features: str, answers: str) -> str:
    """Return the SELECT of how many `answers` (a table of keys and `EVENT`) stand for more than one feature row."""
    keys = ", ".join(quoted(key) for key in (*view.entity, EVENT))
    return f"""SELECT count(*) - count(DISTINCT ({keys})) AS n FROM {features} SEMI JOIN {answers} USING ({keys})"""


def _within(view: View, bounds: tuple[int, int] | None) -> str:
    if bounds is None:
        return ""
    first = "" if view.ttl is None else f" AND epoch_us({quoted(EVENT_TIME)}) >= {bounds[0] - _micros(view.ttl)}"
    return f"{first} AND epoch_us({quoted(EVENT_TIME)}) <= {bounds[1]}"


def days(view: View, bounds: tuple[int, int]) -> tuple[int, int]:
    """Return the first and last day (since 1970) whose partitions can hold an answer; 0 when there is no ttl."""
    first = 0 if view.ttl is None else (bounds[0] - _micros(view.ttl)) // _DAY_MICROS
    return first, bounds[1] // _DAY_MICROS


def joined(view: View, entities: str, features: str, on: Mapping[str, str], at: str, extra: Sequence[str] = ()) -> str:
    """Return the SELECT of `extra` columns of the entity rows, of the view's features (null: none was known) and EVENT.

    `entities` and `features` are SQL tables; `on` maps an entity key to the frame's column; `at` is the entity rows'
    column of microseconds. A row older than the ttl is no answer, at exactly the ttl it still is one.
    """
    fresh = "" if view.ttl is None else f"e.{quoted(at)} - f.{EVENT} <= {_micros(view.ttl)}"
    answers = ", ".join([*(_answer(name, fresh) for name in view.features), f"f.{EVENT}"])
    equal = " AND ".join(f"e.{quoted(column)} = f.{quoted(key)}" for key, column in on.items())
    kept = "".join(f"e.{quoted(name)}, " for name in extra)
    return f"""SELECT {kept}{answers} FROM {entities} e
      ASOF LEFT JOIN {features} f ON {equal} AND e.{quoted(at)} >= f.{_AVAILABLE}"""


def _answer(name: str, fresh: str) -> str:
    column = f"f.{quoted(name)}"
    return f"CASE WHEN {fresh} THEN {column} END AS {quoted(name)}" if fresh else column


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)
