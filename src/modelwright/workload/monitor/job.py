"""One run of a monitor: every closed window without a result, and revisions of windows that late rows have reached.

A window's first result is made from what had arrived when it closed, however late the run is, so catching up after an
outage gives what an undisturbed monitor would have given.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from modelwright.canonical import check_schema, digest_of, parse_timestamp
from modelwright.store import Store, open_store
from modelwright.workload.monitor.captures import Origin, WindowRows, capture_listing
from modelwright.workload.monitor.checks import Check, checks_of
from modelwright.workload.monitor.measures.finding import Finding
from modelwright.workload.monitor.measures.measuring import findings_of
from modelwright.workload.monitor.result import SHADOW, Result
from modelwright.workload.monitor.sample import Baseline, Sample, truth_of
from modelwright.workload.monitor.stored import Stored
from modelwright.workload.monitor.windows import Tiling, Window
from modelwright.workload.truth import TruthReader

_REVISED_DAYS = 30
_DAY = timedelta(days=1)


def run(config: Mapping[str, Any]) -> int:
    """Run a monitor as `monitor/1` says, print how many results were written, and return the exit status."""
    check_schema(config, "monitor", 1)
    monitor = MonitorRun(config)
    written = monitor.run()
    summary = {"monitor": config["monitor"], "windows": len({r.window for r in written}), "results": len(written)}
    json.dump(summary, sys.stdout)
    sys.stdout.write("\n")
    return 0


@dataclass(frozen=True, slots=True)
class _Release:
    version: int
    since: datetime
    document: Mapping[str, Any]


class MonitorRun:
    """One run over everything that a config names, as of its `now`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._store: Store = open_store(config["control"])
        self._now = parse_timestamp(config["now"])
        self._length = float(config["window"])
        self._tiling = Tiling(self._length, config.get("timezone") or "UTC")
        self._checks = checks_of(config)
        releases = [_Release(int(r["version"]), parse_timestamp(r["from"]), r) for r in config.get("releases") or ()]
        self._releases = sorted(releases, key=lambda release: release.since)
        self._baselines: dict[int, Baseline] = {}
        self._stored = Stored(self._store, config["monitor"])
        self._truth = TruthReader(self._store, config["endpoint"], tuple(config.get("keys") or ()))

    def run(self) -> list[Result]:
        """Compute and store what is missing; return the results written."""
        written: list[Result] = []
        for window in self._windows():
            due = [check for check in self._checks if window.end + check.delay <= self._now]
            if any(self._is_open(window, check) for check in due):
                written.extend(self._window(window, due))
        return written

    def _windows(self) -> Iterator[Window]:
        if self._releases:
            yield from self._tiling.between(self._releases[0].since, self._now)

    def _is_open(self, window: Window, check: Check) -> bool:
        """Return whether a window can still get a result of a check: it has none, or late rows may still revise it."""
        horizon = timedelta(seconds=float(self._config.get("revise_within") or _REVISED_DAYS * _DAY.total_seconds()))
        return not self._stored.has(window, check.base) or self._now <= window.end + check.delay + horizon

    def _window(self, window: Window, due: Sequence[Check]) -> Iterator[Result]:
        captured = capture_listing(self._store, self._config["endpoint"], window)
        listings = {check.base: self._listing(window, check, captured) for check in due}
        stale = [check for check in due if self._stored.listing(window, check.base) != listings[check.base]]
        if not stale:
            return
        rows = WindowRows(self._store, captured, window, tuple(self._config.get("keys") or ()))
        if any(check.needs_truth for check in stale):
            self._truth.load(window.start - _DAY)
        for origin in self._origins(window, rows):
            samples = _Samples(rows, origin, self._baseline(origin[0]), self._truth, seed=_seed(window, origin))
            for check in stale:
                yield from self._results(window, check, samples, listings[check.base])

    def _listing(self, window: Window, check: Check, captured: Sequence[str]) -> str:
        """Return the digest of the names of all objects that can matter: while it stays, nothing has changed."""
        return digest_of([list(captured), self._truth.listing(window.start - _DAY) if check.needs_truth else []])

    def _origins(self, window: Window, rows: WindowRows) -> list[Origin]:
        origins = [origin for origin in rows.origins() if not origin[1] or self._config.get("shadow")]
        if any(not mirrored for _, mirrored in origins):
            return origins
        live = [release.version for release in self._releases if release.since < window.end]
        return [*origins, (live[-1], False)]

    def _results(self, window: Window, check: Check, samples: _Samples, listing: str) -> Iterator[Result]:
        """Yield the first result, from what had arrived at closing, and a revision if more has arrived since."""
        origin = samples.origin
        known = self._stored.newest(window, check.base, origin)
        for until in ([window.end + check.delay] if known is None else []) + [self._now]:
            sample = samples.until(until, truth=check.needs_truth)
            if known is not None and known.inputs == sample.inputs:
                continue
            revision = self._stored.next_revision(window, check.base, origin)
            found = findings_of(check, sample, window=self._length, least=int(self._config.get("min_rows") or 1))
            results = [self._result(window, check, origin, sample, finding) for finding in found]
            yield from self._stored.write(
                [replace(each, revision=revision, listing=listing, parts=len(found)) for each in results]
            )
            known = self._stored.newest(window, check.base, origin)

    def _baseline(self, version: int) -> Baseline:
        if version not in self._baselines:
            own = [release.document for release in self._releases if release.version == version]
            self._baselines[version] = Baseline(self._store, own[-1] if own else {})
        return self._baselines[version]

    def _result(self, window: Window, check: Check, origin: Origin, sample: Sample, finding: Finding) -> Result:
        version, mirrored = origin
        return Result(
            monitor=self._config["monitor"],
            endpoint=self._config["endpoint"],
            window=(window.start, window.end),
            version=version,
            check_id=check.id_of(finding.column),
            check=check.said(**finding.said),
            status=finding.status,
            value=finding.value,
            interval=finding.interval,
            rows=sample.rows,
            matched=sample.matched if check.needs_truth else None,
            reference=sample.baseline.digest,
            inputs=sample.inputs,
            at=self._now,
            variant=SHADOW if mirrored else "",
            message=finding.message,
            detail=finding.detail,
        )


@dataclass
class _Samples:
    """The samples of one version in one window, each made once for all checks that look at it."""

    rows: WindowRows
    origin: Origin
    baseline: Baseline
    reader: TruthReader
    seed: int
    made: dict[tuple[datetime, bool], Sample] = field(default_factory=dict)

    def until(self, moment: datetime, *, truth: bool) -> Sample:
        """Return the rows that had arrived at a moment, with their truth as it was known then."""
        if (moment, truth) not in self.made:
            predictions = self.rows.predictions(self.origin, moment)
            known = truth_of(self.reader if truth else None, predictions, moment)
            self.made[moment, truth] = Sample(predictions, known, self.baseline, self.seed)
        return self.made[moment, truth]


def _seed(window: Window, origin: Origin) -> int:
    return zlib.crc32(f"{window.key}/{origin}".encode())
