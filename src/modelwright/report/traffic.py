"""Which version answered which share of the requests: over all time, and per rollout on a scale of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from modelwright.report.plots import share_chart
from modelwright.report.series import Traffic
from modelwright.report.values import Marker


def traffic_charts(traffic: Sequence[Traffic], span: tuple[datetime, datetime], markers: Sequence[Marker]) -> str:
    """Return the shares of all time, and a chart of each rollout that took several steps."""
    names = sorted({name for change in traffic for name in change.shares}, key=_natural)
    tints = {name: _tint(name, index) for index, name in enumerate(names, 1)}
    whole = share_chart(
        "Shares of the versions",
        [(change.at, change.shares) for change in traffic],
        tints=tints,
        start=span[0],
        end=span[1],
        markers=[marker for marker in markers if marker.kind == "release"],
    )
    return whole + "".join(_rollout(steps, before, tints) for steps, before in _rollouts(traffic))


def _rollouts(traffic: Sequence[Traffic]) -> Iterator[tuple[list[Traffic], Traffic | None]]:
    """Yield each release's changes of shares that took several steps, with what held before.

    Traffic that is given back when a release is aborted belongs to the release that was aborted.
    """
    groups: list[tuple[list[Traffic], Traffic | None]] = []
    last: Traffic | None = None
    for change in traffic:
        if last is not None and dict(change.shares) == dict(last.shares):
            continue  # only the mirror changed
        if last is None or change.release > max(one.release for steps, _ in groups for one in steps):
            groups.append(([], last))
        groups[-1][0].append(change)
        last = change
    yield from ((steps, before) for steps, before in groups if len(steps) > 1)


def _rollout(steps: Sequence[Traffic], before: Traffic | None, tints: Mapping[str, int]) -> str:
    """Draw one rollout on a scale of its own."""
    margin = max((steps[-1].at - steps[0].at) / 10, timedelta(minutes=1))
    start, end = steps[0].at - margin, steps[-1].at + margin
    shown = [(start, before.shares)] if before is not None else []
    shown += [(change.at, change.shares) for change in steps]
    title = f"Rollout of release {steps[0].release}, {steps[0].at:%d %b %Y}"
    return share_chart(title, shown, tints=tints, start=start, end=end)


def _natural(name: str) -> tuple[int, str]:
    digits = "".join(character for character in name if character.isdigit())
    return (int(digits) if digits else 0, name)


def _tint(name: str, index: int) -> int:
    """A version has the same tint in every chart."""
    number = _natural(name)[0]
    return number or index
