"""How the versions behind an endpoint did as clients saw them: requests, errors and latencies over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from modelwright.contract.driver import Measure
from modelwright.report.course import Bin
from modelwright.report.element import join
from modelwright.report.page import Markup
from modelwright.report.parts import columns, folded, mood, note, table
from modelwright.report.plots import time_chart
from modelwright.report.values import Frame, Point, Series
from modelwright.report.wording import amount, moment, span

_FRAME = Frame(width=420.0, height=200.0, left=56.0, right=14.0, top=18.0, bottom=30.0)

Span = tuple[datetime, datetime]


def measured_charts(bins: Sequence[Bin]) -> Markup:
    """Return a chart per measure, and the numbers folded below."""
    if not bins:
        return note("No request was measured.")
    whole = bins[0].start, bins[-1].end
    wide = span(bins[0].end - bins[0].start)
    drawn = [
        _chart(f"Requests in {wide}", bins, whole, lambda m: float(m.requests)),
        _chart("Errors", bins, whole, lambda m: 100 * m.error_rate, "% of requests"),
        _chart("Latency, median", bins, whole, lambda m: m.p50_ms, "ms"),
        _chart("Latency, 99th percentile", bins, whole, lambda m: m.p99_ms, "ms"),
    ]
    return join(columns(*drawn), folded("The numbers", _numbers(bins)))


def _numbers(bins: Sequence[Bin]) -> Markup:
    rows = [
        [
            moment(one.start), version, f"{m.requests:,}", mood(f"{m.errors:,}", "bad" if m.errors else ""),
            amount(m.p50_ms, 3), amount(m.p99_ms, 3),
        ]
        for one in bins
        for version, m in sorted(by_version(one).items())
    ]  # fmt: skip
    titles = ["From", "Version", "Requests", "Errors", "p50 ms", "p99 ms"]
    return table(titles, rows, css=["when", "", "num", "num", "num", "num"])


def by_version(one: Bin) -> dict[str, Measure]:
    """Return the measures by version: counts add up over variants, latencies are those of the busiest."""
    found: dict[str, Measure] = {}
    for variant, measure in sorted(one.measures.items(), key=lambda pair: (-pair[1].requests, pair[0])):
        name = _name_of(variant)
        first = found.get(name)
        if first is not None:
            both = first.requests + measure.requests, first.errors + measure.errors
            measure = replace(first, requests=both[0], errors=both[1])  # noqa: PLW2901  the sum takes its place
        found[name] = measure
    return found


def _name_of(variant: str) -> str:
    """Return the version of a variant, such as `v2-r3` or `v2-r3-shadow`."""
    digits = variant.removeprefix("v").partition("-")[0]
    name = f"version {digits}" if digits.isdecimal() else variant
    return f"{name}, mirrored" if variant.endswith("-shadow") else name


def _chart(title: str, bins: Sequence[Bin], whole: Span, value: Callable[[Measure], float], unit: str = "") -> Markup:
    names = sorted({name for one in bins for name in by_version(one)})
    series = [
        Series(name, tuple(_point(one, name, value) for one in bins), _tint(name, n)) for n, name in enumerate(names, 1)
    ]
    return Markup(time_chart(title, series, start=whole[0], end=whole[1], unit=unit, frame=_FRAME, least=0.0))


def _tint(name: str, index: int) -> int:
    """Return a version's own tint; mirrored ones take another, so that they differ."""
    digits = "".join(character for character in name if character.isdigit())
    return (int(digits) if digits else index) + (3 if "mirrored" in name else 0)


def _point(one: Bin, name: str, value: Callable[[Measure], float]) -> Point:
    measure = by_version(one).get(name)
    found = float("nan") if measure is None or not measure.requests else value(measure)
    said = f"{one.start:%-d %b %H:%M} to {one.end:%-d %b %H:%M}, {name}: {amount(found)}"
    return Point(one.middle, found, note=said)
