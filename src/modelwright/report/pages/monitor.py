"""The page of one monitor: every check over its windows, what was decided because of it, whom it told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from modelwright.ledger.event import Event
from modelwright.report.checks import statuses
from modelwright.report.deciding import markers
from modelwright.report.element import el, join
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.pages.decisions import decision_table, told
from modelwright.report.pages.watched import kind_of_check, span_of_results
from modelwright.report.parts import badge, definitions, folded, listing, mood, note, table
from modelwright.report.wording import ABSENT, amount, moment, plain, share, span

if TYPE_CHECKING:
    from modelwright.workload.monitor.state import Result

_KINDS = {
    "performance": "Performance",
    "drift": "Drift",
    "bias": "Fairness",
    "quality": "Quality of the inputs",
    "attribution": "Attribution",
}
_SHOWN = 400


def monitor_body(context: Context, name: str) -> Markup:
    """Return the page."""
    return MonitorPage(context, name).body()


@dataclass
class MonitorPage:
    """One monitor as its results and the ledger say."""

    context: Context
    name: str

    def body(self) -> Markup:
        """Return the page."""
        section = self.context.section
        kinds = dict.fromkeys([*_KINDS, *sorted({str(r.check.get("kind")) for r in self._results})])
        parts = [
            section("Now", self._now),
            section("Every check, window by window", self._statuses, "A column is one window of one version."),
            *(section(_KINDS.get(kind, kind), partial(self._kind, kind)) for kind in kinds),
            section("Revised afterwards", self._revised, "For rows or labels that came too late."),
            section("Mirrored traffic", self._shadows),
            section("What it caused", self._caused),
            section("States", self._states),
            section("Alerts", self._alerts),
            section("Configuration", self._configuration),
            section("All results", self._all),
        ]  # fmt: skip
        lead = join("a monitor of ", self.context.links.endpoint(str(self._declared.get("endpoint", "?"))))
        return self.context.page(self.name, lead, parts)

    @cached_property
    def _declared(self) -> Mapping[str, object]:
        return self.context.survey.record.of_kind("monitor").get(self.name, {})

    @cached_property
    def _results(self) -> tuple[Result, ...]:
        return self.context.survey.results(self.name)

    @cached_property
    def _counted(self) -> list[Result]:
        return [result for result in self._results if not result.shadow]

    @cached_property
    def _events(self) -> tuple[Event, ...]:
        return self.context.survey.events(f"monitor/{self.name}")

    def _now(self) -> Markup:
        last = self._events[-1] if self._events else None
        state = last.kind.removeprefix("monitor.") if last else "waiting"
        checks = ", ".join(last.body.get("checks") or []) if last else ""
        windows = {result.window for result in self._counted}
        return definitions([
            ("State", join(badge(state), f" since {moment(last.at)}" if last else "")),
            ("Violated", mood(checks, "bad") if checks else None),
            ("Windows closed", amount(len(windows))),
            ("Newest window", told_window(max(windows)) if windows else "none has closed yet"),
        ])  # fmt: skip

    def _statuses(self) -> Markup:
        if not self._counted:
            return note("No window has closed yet.")
        return statuses("Status of each check", self._counted)

    def _kind(self, kind: str) -> Markup | None:
        own = [result for result in self._counted if str(result.check.get("kind")) == kind]
        if not own:
            return None
        marks = markers(self.context.survey.events(f"endpoint/{self._declared.get('endpoint')}"))
        span = span_of_results(own)[0], self.context.survey.end
        return kind_of_check(kind, own, span, [mark for mark in marks if span[0] <= mark.at <= span[1]])

    def _revised(self) -> Markup | None:
        rows = []
        for result in self._counted:
            later = result.revised
            if later is not None:
                counted, now = (f"{amount(one.value)} ({one.status})" for one in (result, later))
                window, number = told_window(result.window), str(later.revision)
                rows.append(
                    [el("code", result.check_id), window, f"v{result.version}", counted, now, number, moment(later.at)]
                )
        titles = ["Check", "Window", "Version", "Counted", "Newest", "Revision", "Made"]
        return table(titles, rows, css=["", "", "", "", "", "num", "when"]) if rows else None

    def _shadows(self) -> Markup | None:
        rows = _rows([result for result in self._results if result.shadow])
        return table(_TITLES, rows, css=_CSS) if rows else None

    def _caused(self) -> Markup:
        survey = self.context.survey
        own = [e for e in survey.all_events if e.kind.startswith("retrain.") and e.body.get("monitor") == self.name]
        references = {event.reference for event in own}
        runs = [e for e in survey.all_events if e.kind == "run.queued" and references & set(e.cause)]
        started = [
            join(self.context.links.run(str(e.body["run"])), " because of ", *map(self.context.links.event, e.cause))
            for e in runs
        ]
        if not own:
            return note("No retraining was decided or declined because of it.")
        return join(
            decision_table(self.context, list(told(reversed(own)))),
            el("h3", "Runs") if started else None,
            listing(started) if started else None,
        )

    def _states(self) -> Markup:
        return decision_table(self.context, list(told(reversed(self._events))))

    def _alerts(self) -> Markup:
        targets = self._declared.get("alerts") or []
        whom = note(f"It tells {plain(targets)}." if targets else "Nobody is told: it declares no alerts.")
        rows = [
            [moment(e.at), plain(e.body.get("checks")), self._told(e), self.context.links.event(e.reference)]
            for e in reversed(self._events)
            if e.kind == "monitor.violated"
        ]
        return join(
            whom, table(["When", "Checks", "Told", "Event"], rows, css=["when", "wide", "", ""]) if rows else None
        )

    def _told(self, event: Event) -> str:
        key = f"monitors/{self.name}/alerts/{event.seq:012d}.json"
        return "yes" if self.context.survey.documents.bytes(key) is not None else "not yet"

    def _configuration(self) -> Markup:
        declared = self._declared
        if not declared:
            return note("The project does not declare it any more.")
        checks = declared.get("checks")
        rows = [[el("code", str(c.get("name"))), _settings(c)] for c in checks] if isinstance(checks, list) else []
        rule = declared.get("retrain")
        window = declared.get("window")
        return join(
            definitions([
                ("Endpoint", self.context.links.endpoint(str(declared.get("endpoint")))),
                ("Schedule", el("code", plain(declared.get("schedule")))),
                ("Window", span(window) if isinstance(window, int | float) else ABSENT),
                ("Time zone", plain(declared.get("timezone"))),
                ("Least rows", plain(declared.get("min_rows"))),
                ("Retrains", _settings(rule) if isinstance(rule, Mapping) else "never"),
            ]),
            table(["Check", "Settings"], rows, css=["", "wide"]),
        )  # fmt: skip

    def _all(self) -> Markup | None:
        if not self._counted:
            return None
        newest = list(reversed(self._counted))[:_SHOWN]
        left = len(self._counted) - len(newest)
        more = note(f"The newest {_SHOWN}; {left:,} more lie in the control store.") if left else None
        return folded(f"{len(newest):,} results", more, table(_TITLES, _rows(newest), css=_CSS))


_TITLES = ["Window", "Version", "Check", "Status", "Value", "Rows", "With label", "Made", "Said"]
_CSS = ["when", "", "", "", "num", "num", "num", "when", "wide"]


def _rows(results: Sequence[Result]) -> list[list[object]]:
    return [
        [
            told_window(result.window),
            f"v{result.version}",
            el("code", result.check_id),
            badge(result.status),
            amount(result.value),
            f"{result.rows:,}",
            share(result.matched),
            moment(result.at),
            result.message,
        ]
        for result in results
    ]


def told_window(window: tuple[object, object]) -> str:
    """Return a window from its first to its last moment."""
    start, end = window
    return f"{start:%Y-%m-%d %H:%M} to {end:%m-%d %H:%M}"


def _settings(document: Mapping[str, object]) -> str:
    spans = {"labels_within", "cooldown"}
    said = [
        f"{key.replace('_', ' ')} {span(value) if key in spans and isinstance(value, int | float) else plain(value)}"
        for key, value in document.items()
        if key not in {"kind", "name"} and value is not None
    ]
    return "; ".join(said) or "as they are by default"
