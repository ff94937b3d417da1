"""What monitors found, check by check: charts over windows, the newest word on each check, and its details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelwright.report.element import el, join
from modelwright.report.page import Markup
from modelwright.report.parts import badge, mood, table
from modelwright.report.plots import time_chart
from modelwright.report.strip import Square, status_strip
from modelwright.report.values import Frame, Level, Marker, Point, Series
from modelwright.report.wording import ABSENT, amount, interval, plain, share

if TYPE_CHECKING:
    from modelwright.workload.monitor.state import Result

SMALL = Frame(width=420.0, height=200.0, left=52.0, right=14.0, top=18.0, bottom=30.0)
FEW_FALSE_ALARMS = 0.10
"""The share of the reference's own windows above the threshold from which a drift check says little."""

Span = tuple[datetime, datetime]


def by_check(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return results by their check, in the order of its name; mirrored traffic is left out."""
    found: dict[str, list[Result]] = {}
    for result in results:
        if not result.shadow:
            found.setdefault(result.check_id, []).append(result)
    return dict(sorted(found.items()))


def limits(result: Result) -> dict[str, float]:
    """Return the bounds that a result was compared with, by name."""
    numbers = {name: result.check.get(name) for name in ("minimum", "maximum", "threshold")}
    known = {name: float(value) for name, value in numbers.items() if isinstance(value, int | float)}
    if len(known) > 1:
        known.pop("threshold", None)  # it repeats the minimum or the maximum
    return known


def check_chart(
    title: str, results: Sequence[Result], span: Span, markers: Sequence[Marker] = (), *, frame: Frame | None = None
) -> Markup:
    """Return a check's values per window and version, with the bounds that held."""
    versions = sorted({result.version for result in results if result.value is not None})
    series = [
        Series(f"version {version}", tuple(_point(r) for r in results if r.version == version), version)
        for version in versions
    ]
    least = None if any(result.check.get("kind") == "performance" for result in results) else 0.0
    drawn = time_chart(
        title, series, start=span[0], end=span[1], levels=_levels(results), markers=markers, frame=frame, least=least
    )
    return Markup(drawn)


def _levels(results: Sequence[Result]) -> list[Level]:
    bounds: dict[tuple[str, float], set[int]] = {}
    for result in results:
        for name, value in limits(result).items():
            bounds.setdefault((name, value), set()).add(result.version)
    every = {version for versions in bounds.values() for version in versions}
    found = []
    for (name, value), versions in bounds.items():
        of = "" if versions == every else f" of {', '.join(f'v{version}' for version in sorted(versions))}"
        found.append(Level(value, f"{name} {amount(value, 3)}{of}"))
    return found


def _point(result: Result) -> Point:
    low, high = result.interval or (None, None)
    value = float("nan") if result.value is None else result.value
    middle = result.window[0] + (result.window[1] - result.window[0]) / 2
    return Point(middle, value, low, high, result.status == "violated", told(result))


def told(result: Result) -> str:
    """Return a result as a sentence."""
    start, end = result.window
    matched = f", {share(result.matched)} with truth" if result.matched is not None else ""
    value = f": {amount(result.value)}" if result.value is not None else ""
    more = f"; {result.message}" if result.message else ""
    return (
        f"{start:%-d %b %Y} to {end:%-d %b}, version {result.version}{value} ({result.status}, {result.rows:,} rows"
        f"{matched}){more}"
    )


def statuses(title: str, results: Iterable[Result]) -> Markup:
    """Return every check's status per window and version."""
    rows = {
        check: {(one.window[0], one.version): Square(one.status, told(one)) for one in found}
        for check, found in by_check(results).items()
    }
    return status_strip(title, rows)


def matched_chart(results: Sequence[Result], span: Span) -> Markup | None:
    """Return the share of predictions that had a label when the window closed; None where no check needs labels."""
    found = [result for result in results if result.matched is not None and not result.shadow]
    if not found:
        return None
    own = sorted({(result.check_id, result.version) for result in found})
    several = len({check for check, _ in own}) > 1
    series = [
        Series(
            f"{check}, version {version}" if several else f"version {version}",
            tuple(_matched(r) for r in found if (r.check_id, r.version) == (check, version)),
            version,
        )
        for check, version in own
    ]
    least = {float(r.check["min_matched"]) for r in found if r.check.get("min_matched") is not None}
    levels = [Level(100 * value, f"at least {share(value)}") for value in sorted(least)]
    title = "Predictions with a label"
    return Markup(time_chart(title, series, start=span[0], end=span[1], unit="%", levels=levels, frame=SMALL))


def _matched(result: Result) -> Point:
    middle = result.window[0] + (result.window[1] - result.window[0]) / 2
    return Point(middle, 100 * (result.matched or 0.0), note=told(result))


def newest_table(results: Iterable[Result]) -> Markup:
    """Return the newest word on each check, how often it was violated, and what was revised later."""
    rows = []
    for check, found in by_check(results).items():
        judged = [result for result in found if result.status in {"ok", "violated"}]
        last = judged[-1] if judged else found[-1]
        over = sum(result.status == "violated" for result in judged)
        rows.append([
            el("code", check),
            badge(last.status),
            f"version {last.version}, {last.window[0]:%-d %b %Y}",
            join(amount(last.value), _span(last)),
            _bounds(last),
            mood(f"{over} of {len(judged)}", "bad" if over else ""),
            share(last.matched) if last.matched is not None else ABSENT,
            _alarms(last),
            str(sum(result.revised is not None for result in found)),
        ])  # fmt: skip
    titles = ["Check", "Newest", "Window", "Value", "Bound", "Violated", "With label", "False alarms", "Revised"]
    return table(titles, rows, css=["", "", "", "", "", "num", "num", "num", "num"])


def _span(result: Result) -> Markup | None:
    return el("small", f" ({interval(result.interval)})") if result.interval else None


def _bounds(result: Result) -> str:
    return ", ".join(f"{name} {amount(value, 3)}" for name, value in limits(result).items()) or ABSENT


def _alarms(result: Result) -> Markup:
    known = result.detail.get("false_alarms")
    if not isinstance(known, int | float):
        return join(ABSENT)
    return mood(share(float(known)), "bad" if known > FEW_FALSE_ALARMS else "")


def details(results: Iterable[Result]) -> list[Markup]:
    """Return what the newest results of checks say beyond a number: groups, faults, shares of influence."""
    found = []
    for check, own in by_check(results).items():
        told_of = [result for result in own if result.detail]
        if told_of and (drawn := _detail(check, told_of[-1])) is not None:
            found.append(drawn)
    return found


def _detail(check: str, result: Result) -> Markup | None:
    kind, detail = result.check.get("kind"), result.detail
    heading = el("h3", f"{check}: version {result.version}, window from {result.window[0]:%-d %b %Y}")
    if kind == "bias" and detail.get("groups"):
        return join(heading, _records([*detail["groups"], *detail.get("ignored", [])]))
    if kind == "quality" and (detail.get("faults") or detail.get("warnings")):
        return join(heading, _records([*detail.get("faults", []), *detail.get("warnings", [])]))
    if kind == "attribution" and detail.get("current"):
        return join(heading, _influence(detail))
    return None


def _records(records: Sequence[Mapping[str, Any]]) -> Markup:
    names = list(dict.fromkeys(name for record in records for name in record))
    titles = [name.replace("_", " ").capitalize() for name in names]
    return table(titles, [[plain(record.get(name)) for name in names] for record in records])


def _influence(detail: Mapping[str, Any]) -> Markup:
    now, before = detail["current"], detail.get("reference", {})
    rows = [[el("code", n), share(before.get(n)), share(now[n])] for n in sorted(now, key=lambda n: (-now[n], n))]
    return table(["Column", "On the reference", "In the window"], rows, css=["", "num", "num"])
