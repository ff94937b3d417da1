"""Handles on monitors: run one now, and read what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelwright.canonical import timestamp
from modelwright.client.html import table
from modelwright.client.tables import frame
from modelwright.client.waiting import Progress, wait_until
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.watching import is_running, newest_results, start_monitor
from modelwright.workload.monitor.state import Result

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """The newest result of every window, version and check."""

    monitor: str
    state: str
    results: tuple[Result, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {"monitor": self.monitor, "state": self.state, "results": [_row(result) for result in self.results]}

    def to_pandas(self) -> DataFrame:
        """Return one row per window, version and check."""
        return frame([_row(result) for result in self.results])

    def _repr_html_(self) -> str:
        return table(f"Monitor {self.monitor}: {self.state}", [_row(result) for result in self.results])


def _row(result: Result) -> dict[str, Any]:
    return {
        "window": [timestamp(result.window[0]), timestamp(result.window[1])],
        "version": result.version,
        "check": result.check_id,
        "status": result.status,
        "value": result.value,
        "interval": list(result.interval) if result.interval else None,
        "threshold": result.check.get("threshold"),
        "rows": result.rows,
        "matched": result.matched,
        "revision": result.revision,
    }


@dataclass(frozen=True)
class MonitorHandle:
    """A monitor of the environment."""

    platform: LivePlatform
    name: str

    def run(
        self, window: str | None = None, *, timeout: float | None = None, on_progress: Progress | None = None
    ) -> MonitorReport:
        """Compute every closed window without a result, wait, and return the report.

        `window` narrows the report to windows that begin with it, such as `2013-07` or `2013-07-01`.
        """
        if not is_running(self.platform, self.name):
            start_monitor(self.platform, self.name)
        over = lambda: not is_running(self.platform, self.name)  # noqa: E731  a condition with a name
        wait_until(self.platform, over, what=f"monitor {self.name}", timeout=timeout, on_progress=on_progress)
        return self.report(window=window)

    def report(self, last: int | None = None, *, window: str | None = None) -> MonitorReport:
        """Return the results so far: of the `last` windows, of those that begin with `window`."""
        results: Sequence[Result] = newest_results(self.platform, self.name)
        if window is not None:
            results = [result for result in results if timestamp(result.window[0]).startswith(window)]
        if last is not None:
            kept = sorted({result.window for result in results})[-last:]
            results = [result for result in results if result.window in kept]
        return MonitorReport(self.name, monitor_status(self.platform, self.name), tuple(results))

    def to_dict(self) -> dict[str, Any]:
        """Return everything that it found so far as JSON."""
        return self.report().to_dict()

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()


def monitor_status(platform: LivePlatform, monitor: str) -> str:
    """Return `waiting`, `healthy` or `violated`."""
    events = platform.monitor(monitor).events()
    return events[-1].kind.removeprefix("monitor.") if events else "waiting"
