"""The story of a model in service as one page: quality, drift, traffic, decisions, releases."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.report.page import Markup, facts, html_table, page, section
from modelwright.report.plots import bar_chart, sparkline, time_chart
from modelwright.report.series import Drifted, Measured, StoryData, Window
from modelwright.report.text import escape
from modelwright.report.traffic import traffic_charts
from modelwright.report.values import Level, Point, Series


def render_story(data: StoryData) -> str:
    """Return the page: self-contained HTML with plots, light and dark."""
    heading = Markup(f'<header><h1>{escape(data.title)}</h1><p class="lead">{escape(data.subtitle)}</p></header>')
    parts = [
        heading,
        facts(data.facts),
        _quality(data),
        _drift(data),
        _traffic(data),
        _decisions(data),
        _releases(data),
        f"<footer>{escape(data.footer)}</footer>",
    ]
    return page(data.title, parts)


def _quality(data: StoryData) -> str:
    charts = [_metric_chart(measured, data) for measured in data.measured]
    if not charts:
        charts = ['<p class="soft">No window has closed with labels yet.</p>']
    return section(
        "Quality in service",
        *charts,
        lead="Each point is one window, joined with the true labels that arrived; whiskers are 95 % intervals, a ring "
        "marks a window that violates the threshold.",
    )


def _metric_chart(measured: Measured, data: StoryData) -> str:
    levels = [Level(measured.threshold, f"threshold {measured.threshold:g}")] if measured.threshold is not None else []
    return time_chart(
        f"{measured.metric} per window and version",
        _by_version(measured.windows),
        start=data.start,
        end=data.end,
        levels=levels,
        markers=data.markers,
    )


def _by_version(windows: Sequence[Window], *, relative: bool = False) -> list[Series]:
    """Return a series per version that has a value; `relative` to each window's own threshold."""
    versions = sorted({window.version for window in windows if window.value is not None})
    return [
        Series(
            f"version {version}",
            tuple(_point(window, relative=relative) for window in windows if window.version == version),
            version,
        )
        for version in versions
    ]


def _point(window: Window, *, relative: bool = False) -> Point:
    value = float("nan") if window.value is None else window.value
    scale = window.threshold if relative and window.threshold else 1.0
    matched = f", {window.matched:.0%} with truth" if window.matched is not None else ""
    note = (
        f"{window.start:%d %b} to {window.end:%d %b}: {value:.4f} ({window.status}, {window.rows:,} rows{matched}, "
        f"version {window.version})"
    )
    middle = window.start + (window.end - window.start) / 2
    low = None if window.low is None else window.low / scale
    high = None if window.high is None else window.high / scale
    return Point(middle, value / scale, low, high, window.status == "violated", note)


def _drift(data: StoryData) -> str:
    if not data.drifted:
        return section("Drift of the inputs", '<p class="soft">No drift check has closed a window yet.</p>')
    chart = bar_chart(
        "How often each column is over its threshold",
        [(one.column, (_violated_share(one), _known(one.false_alarms))) for one in data.drifted],
        names=["in service", "false alarms on the reference itself"],
    )
    rows = [_drift_row(one, data) for one in data.drifted]
    titles = ["Column", "Method", "Per window, in thresholds (dashed: 1)", "Threshold", "Over it", "False alarms"]
    return section(
        "Drift of the inputs",
        chart,
        html_table(titles, rows, css=["", "", "", "num", "num", "num"]),
        lead="The threshold comes from windows inside the reference. A column whose reference windows are over it as "
        "often as the windows in service says nothing.",
    )


def _drift_row(one: Drifted, data: StoryData) -> list[str]:
    relative = all(window.threshold for window in one.windows if window.value is not None)
    series = _by_version(one.windows, relative=relative)
    title = f"{one.method} of {one.column}"
    drawing = sparkline(series, threshold=1.0 if relative else None, start=data.start, end=data.end, title=title)
    over = sum(window.status == "violated" for window in one.windows)
    counted = sum(window.status in {"ok", "violated"} for window in one.windows)
    known = {window.version: window.threshold for window in one.windows if window.threshold is not None}
    threshold = ", ".join(f"{value:.3g}" for value in dict.fromkeys(known.values())) or "-"
    alarms = f"{one.false_alarms:.0%}" if one.false_alarms is not None else "not known"
    return [one.column, one.method, Markup(drawing), threshold, f"{over} of {counted}", alarms]


def _violated_share(one: Drifted) -> float:
    counted = [window for window in one.windows if window.status in {"ok", "violated"}]
    return sum(window.status == "violated" for window in counted) / len(counted) if counted else float("nan")


def _known(share: float | None) -> float:
    return float("nan") if share is None else share


def _traffic(data: StoryData) -> str:
    return section(
        "Traffic",
        traffic_charts(data.traffic, (data.start, data.end), data.markers),
        lead="Which version answered which share of the requests; below, each rollout that took several steps.",
    )


def _decisions(data: StoryData) -> str:
    rows = [
        [
            f"{one.at:%Y-%m-%d %H:%M}",
            Markup(f'<span class="{one.mood}">{escape(one.what)}</span>') if one.mood else one.what,
            one.why,
            one.evidence,
            one.by,
            Markup(f"<code>{escape(one.source)}</code>"),
        ]
        for one in data.decisions
    ]
    return section(
        "Decisions",
        html_table(["When", "What", "Why", "Evidence", "By", "Event"], rows, css=["when"]),
        lead="In the order of the ledger; times are those of the clock that decided.",
    )


def _releases(data: StoryData) -> str:
    rows = [
        [
            str(one.number),
            one.versions,
            one.state.replace("_", " "),
            f"{one.planned:%Y-%m-%d %H:%M}",
            f"{one.live:%Y-%m-%d %H:%M}" if one.live else "-",
            f"{one.ended:%Y-%m-%d %H:%M}" if one.ended else "-",
            one.reason,
        ]
        for one in data.releases
    ]
    titles = ["Release", "Versions", "State", "Planned", "Live", "Ended", "Why"]
    return section("Releases", html_table(titles, rows, css=["num", "", "", "when", "when", "when"]))
