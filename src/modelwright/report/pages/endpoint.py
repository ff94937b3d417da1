"""The page of one endpoint: what serves, how it fared, every release and why, how it is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from modelwright.ledger.event import Event
from modelwright.lifecycle.release import EndpointState, ReleaseState
from modelwright.report.collect import traffic_of
from modelwright.report.course import Bin, course
from modelwright.report.deciding import markers
from modelwright.report.element import el, join, separated
from modelwright.report.page import Markup, facts
from modelwright.report.pages.context import Context
from modelwright.report.pages.decisions import decision_table
from modelwright.report.pages.decisions import told as decisions_of
from modelwright.report.pages.limits import told
from modelwright.report.pages.measured import measured_charts
from modelwright.report.pages.version import serving_table
from modelwright.report.parts import badge, definitions, listing, note, table
from modelwright.report.serving import model_of, served
from modelwright.report.survey import span_of
from modelwright.report.traffic import traffic_charts
from modelwright.report.values import Frame, Marker
from modelwright.report.wording import ABSENT, amount, moment, plain, share, span

_FRAME = Frame(width=420.0, height=200.0, left=56.0, right=14.0, top=18.0, bottom=30.0)
Span = tuple[datetime, datetime]
_ENDS = frozenset({"rollback.started", "release.failed", "release.paused"})
_QUIET = ("kind", "name", "guardrails", "depends_on", "renamed_from", "protect", "adopt")


def endpoint_body(context: Context, name: str) -> Markup:
    """Return the page."""
    return EndpointPage(context, name).body()


@dataclass
class EndpointPage:
    """One endpoint as its stream and its measures say."""

    context: Context
    name: str

    def body(self) -> Markup:
        """Return the page."""
        section = self.context.section
        parts = [
            section("Now", self._now, join("As decided; ", el("code", "modelwright status"), " says what runs.")),
            section("Traffic", self._traffic, "Which version answered which share, and each rollout by itself."),
            section("Requests, latency and errors", self._measured, "As clients saw them."),
            section("What served when", self._served),
            section("Releases", self._releases),
            section("Rollouts", self._rollouts, "Every step of every release, and what was seen before the next."),
            section("Decisions", self._decisions),
            section("Configuration", self._configuration),
        ]  # fmt: skip
        lead = join("an endpoint that serves ", el("code", plain(self._declared.get("serves"))))
        return self.context.page(self.name, lead, parts)

    @cached_property
    def _declared(self) -> Mapping[str, Any]:
        return self.context.survey.record.of_kind("endpoint").get(self.name, {})

    @cached_property
    def _events(self) -> tuple[Event, ...]:
        return self.context.survey.events(f"endpoint/{self.name}")

    @property
    def _state(self) -> EndpointState:
        return self.context.survey.endpoint(self.name)

    @cached_property
    def _course(self) -> tuple[Bin, ...]:
        """What clients saw, in even bins."""
        survey = self.context.survey
        if not self._events:
            return ()
        until = max(survey.end, survey.platform.now())
        return course(lambda a, b: survey.measures(self.name, a, b), self._events[0].at, until)

    @cached_property
    def _span(self) -> tuple[datetime, datetime]:
        last = [self._course[-1].end] if self._course else []
        return span_of(self._events, max([self.context.survey.end, *last]))

    def _now(self) -> Markup:
        state = self._state
        current, moving = state.current, state.moving
        requests = sum(one.requests for one in self._course)
        weights = state.traffic.weights if state.traffic else {}
        versions = state.traffic.versions if state.traffic else {}
        shares = [f"version {versions.get(variant, '?')} {weight} %" for variant, weight in weights.items() if weight]
        return Markup(
            facts([
                ("State", self._word()),
                ("Release", str(current.number) if current else "none"),
                ("Traffic", ", ".join(shares) or "none"),
                ("Live since", moment(current.live_at) if current else ABSENT),
                ("Under way", f"release {moving.number}" if moving else "nothing"),
                ("Requests measured", f"{requests:,}"),
            ])
        )  # fmt: skip

    def _word(self) -> str:
        state = self._state
        if state.moving is not None:
            return state.moving.state.replace("_", " ")
        if state.current is not None:
            return "live"
        return (
            "retired"
            if state.retired is not None
            else "awaiting its first release"
            if not state.releases
            else "nothing serves"
        )

    @cached_property
    def _marks(self) -> list[Marker]:
        return list(markers(self._events))

    def _traffic(self) -> Markup:
        if not any(event.kind == "traffic.set" for event in self._events):
            return note("It never had traffic.")
        return Markup(traffic_charts(list(traffic_of(self._events)), self._span, self._marks))

    def _measured(self) -> Markup:
        return measured_charts(self._course)

    def _served(self) -> Markup:
        found = served(self.context.survey, self.name)
        return serving_table(self.context, found, versions=True) if found else note("Nothing ever served.")

    def _releases(self) -> Markup:
        planned = {e.body["release"]: e for e in self._events if e.kind == "release.planned"}
        rows = [self._release(r, planned[n]) for n, r in sorted(self._state.releases.items(), reverse=True)]
        titles = ["Release", "Versions", "State", "Planned", "Live", "Ended", "Why"]
        css = ["num", "", "", "when", "when", "when", "wide"]
        return table(titles, rows, css=css) if rows else note("Nothing was released yet.")

    def _release(self, release: ReleaseState, planned: Event) -> list[object]:
        links = self.context.links
        versions = [
            links.version(model_of(self.context.survey, self.name, number, release.number), number, f"version {number}")
            for number in sorted(set(release.versions.values()))
        ]
        causes = [links.event(cause) for cause in planned.cause]
        why = join(
            el("div", release.reason),
            el("div", release.outcome, css="bad" if release.state in {"failed", "rolled_back"} else None)
            if release.outcome
            else None,
            el("small", f"by {planned.actor.id} in ", links.event(planned.reference)),
            el("small", " because of ", separated(causes)) if causes else None,
        )
        return [
            str(release.number),
            separated(versions),
            badge(release.state),
            moment(release.planned),
            moment(release.live_at),
            moment(release.ended),
            why,
        ]

    def _rollouts(self) -> Markup | None:
        drawn = [self._rollout(release) for _, release in sorted(self._state.releases.items(), reverse=True)]
        return join(*drawn) if drawn else None

    def _rollout(self, release: ReleaseState) -> Markup:
        started = {e.body["step"]: e for e in self._events if _is_step(e, "step.started", release)}
        done = {e.body["step"]: e for e in self._events if _is_step(e, "step.done", release)}
        rows = [[el("code", s), moment(b.at), *_ended(done.get(s), release)] for s, b in started.items()]
        link = self.context.links.event
        ends = [
            join(el("strong", e.kind.replace(".", " ")), f" {moment(e.at)}: {e.reason} ", _seen(e), link(e.reference))
            for e in self._events
            if e.kind in _ENDS and e.body.get("release") == release.number
        ]  # fmt: skip
        return join(
            el("h3", f"Release {release.number} ", badge(release.state)),
            note(rollout_of(release.rollout)),
            table(
                ["Step", "Started", "Done", "Verdict", "Requests", "Errors"],
                rows,
                css=["", "when", "when", "", "num", "num"],
            )
            if rows
            else None,
            listing(ends) if ends else None,
        )

    def _decisions(self) -> Markup:
        return decision_table(self.context, list(decisions_of(reversed(self._events))))

    def _configuration(self) -> Markup:
        if not self._declared:
            return note("The project does not declare it any more.")
        rails = self._declared.get("guardrails") or []
        said = [
            (key, value)
            for key, value in self._declared.items()
            if key not in _QUIET and value not in (None, [], {}, "")
        ]
        outputs = self.context.survey.record.outputs.get(self.name, {})
        return join(
            definitions([(key.replace("_", " ").capitalize(), _setting(key, value)) for key, value in said]),
            el("h3", "Guardrails") if rails else None,
            listing(told(rail) for rail in rails) if rails else None,
            definitions([("Address", el("code", outputs["url"]))]) if outputs.get("url") else None,
        )


def rollout_of(rollout: Mapping[str, Any]) -> str:
    """Return how a rollout goes, as a sentence."""
    steps, bake, least = (rollout.get(name) for name in ("steps", "bake", "min_requests"))
    rules = ", ".join(str(rule.get("text") or plain(rule)) for rule in rollout.get("rollback_when") or [])
    parts = [
        str(rollout.get("kind", "")).replace("_", " "),
        f"at {' and '.join(f'{step} %' for step in steps)}" if steps else "",
        f"for {span(bake)} each" if bake else "",
        f"with {amount(least)} requests or more" if least else "",
    ]
    return " ".join(part for part in parts if part) + (f"; goes back when {rules}" if rules else "")


def _setting(key: str, value: object) -> str:
    if key == "rollout" and isinstance(value, Mapping):
        return rollout_of(value)
    if key == "instances" and isinstance(value, list):
        return " to ".join(dict.fromkeys(amount(number) for number in value))
    if isinstance(value, float) and key in {"timeout", "event_time_tolerance"}:
        return span(value)
    return share(value) if isinstance(value, float) and key in {"capture", "mirror"} else plain(value)


def _is_step(event: Event, kind: str, release: ReleaseState) -> bool:
    return event.kind == kind and event.body["release"] == release.number


def _ended(event: Event | None, release: ReleaseState) -> list[object]:
    if event is None:
        word = "running" if release.moving else "failed"
        return ["", badge(word), "", ""]
    evidence = event.body.get("evidence") or {}
    return [moment(event.at), badge("passed"), amount(evidence.get("requests")), amount(evidence.get("errors"))]


def _seen(event: Event) -> Markup | None:
    evidence = event.body.get("evidence") or {}
    if "requests" not in evidence:
        return None
    return join(f"({evidence.get('errors')} errors in {evidence['requests']} requests) ")
