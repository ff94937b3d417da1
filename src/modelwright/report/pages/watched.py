"""What monitors found since a release, by kind of check: performance, drift, fairness, the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from modelwright.report.checks import SMALL, by_check, check_chart, details, matched_chart, newest_table
from modelwright.report.element import join
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.parts import columns, folded, note
from modelwright.report.values import Marker

if TYPE_CHECKING:
    from modelwright.workload.monitor.state import Result

_MANY = 12
_TITLES = {
    "performance": (
        "Performance since release",
        "Each point is one window, judged by the labels that arrived in time.",
    ),
    "drift": ("Drift since release", "How far each column is from what the version was trained on."),
    "bias": ("Fairness", "How differently groups are treated."),
    "quality": ("Quality of the inputs", None),
    "attribution": ("Attribution", "Whether it leans on other columns than it did in training."),
}


def watched_sections(context: Context, results: Mapping[str, Sequence[Result]]) -> Iterator[Markup | None]:
    """Yield a section per kind of check; performance and drift say so where nothing was found yet."""
    found = [result for own in results.values() for result in own]
    for kind, (title, lead) in _TITLES.items():
        own = [result for result in found if result.check.get("kind") == kind]
        yield context.section(title, _builder(kind, own), lead if own else None)


def _builder(kind: str, own: Sequence[Result]) -> Callable[[], Markup | None]:
    def build() -> Markup | None:
        if not own:
            return note("No window has closed yet.") if kind in {"performance", "drift"} else None
        return kind_of_check(kind, own, span_of_results(own), ())

    return build


def kind_of_check(
    kind: str, own: Sequence[Result], span: tuple[datetime, datetime], markers: Sequence[Marker]
) -> Markup:
    """Return the charts, the newest words and the details of all checks of one kind."""
    groups = by_check(own)
    wide = kind == "performance" or len(groups) == 1
    valued = [(check, found) for check, found in groups.items() if any(one.value is not None for one in found)]
    charts = [
        check_chart(check, found, span, markers if wide else (), frame=None if wide else SMALL)
        for check, found in valued
    ]
    matched = matched_chart(own, span) if kind == "performance" else None
    drawn = join(*charts) if wide else columns(*charts)
    if len(charts) > _MANY:
        drawn = join(columns(*charts[:_MANY]), folded(f"{len(charts) - _MANY} more charts", columns(*charts[_MANY:])))
    empty = None if valued else note("No window could be judged yet.")
    shown = drawn if valued else None
    return join(empty, shown, columns(matched) if matched else None, newest_table(own), *details(own))


def span_of_results(results: Sequence[Result]) -> tuple[datetime, datetime]:
    """Return from the first window's start to the last one's end."""
    return min(result.window[0] for result in results), max(result.window[1] for result in results)
