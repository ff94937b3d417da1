"""What to know before relying on a version: what was passed over, what is guarded, which alarms say little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelwright.lifecycle.evaluation import sees_held_out_rows
from modelwright.lifecycle.states import VersionState
from modelwright.report.checks import FEW_FALSE_ALARMS
from modelwright.report.element import el, join
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.parts import listing, note
from modelwright.report.serving import Served
from modelwright.report.wording import amount, plain, share


def known_limits(
    context: Context, version: VersionState, manifest: Mapping[str, Any], served: Sequence[Served]
) -> Markup:
    """Return what is known to limit a version, worst first."""
    found = [
        *_overridden(context, version),
        *_code(manifest, version),
        *_leaking(context, version),
        *_failed(context, version),
        *_alarms(context, version),
        *_guarded(context, served),
    ]
    return listing(found) if found else note("Nothing is known that limits it.")


def _overridden(context: Context, version: VersionState) -> Iterator[Markup]:
    for event in context.survey.events(f"model/{version.model}"):
        if event.kind == "gate.overridden" and event.body["version"] == version.number:
            said = f"Its gates were overridden by {event.actor.id}: {event.body.get('text') or event.reason} "
            yield join(el("span", said, css="bad"), "(", context.links.event(event.reference), ")")


def _code(manifest: Mapping[str, Any], version: VersionState) -> Iterator[Markup]:
    if manifest.get("opt_in"):
        yield el(
            "span", f"Loading it runs code from its files ({manifest['opt_in']}), as the project opted in.", css="bad"
        )
    if version.body.get("dirty"):
        yield el("span", "It was trained from code with changes that were not committed.", css="bad")
    if not manifest:
        yield el("span", "Its manifest is missing or cannot be read.", css="bad")
    elif not manifest.get("profile"):
        yield join("It has no reference profile, so no drift of its inputs can be judged.")


def _leaking(context: Context, version: VersionState) -> Iterator[Markup]:
    """Say where the rows that the model is judged on were seen in training."""
    if version.model in context.survey.record.models and not version.body.get("imported"):
        seen = sees_held_out_rows(context.survey.platform, version.model, version.number)
        if seen:
            yield el("span", f"It cannot be judged on the held-out rows: {seen}.", css="bad")


def _failed(context: Context, version: VersionState) -> Iterator[Markup]:
    for name, promotion in context.survey.model(version.model).promotions.items():
        if promotion.version == version.number and promotion.state == "failed":
            yield el("span", f"Its promotion {name} to {promotion.alias} failed: {promotion.reason}", css="bad")


def _alarms(context: Context, version: VersionState) -> Iterator[Markup]:
    """Name the drift checks that would alarm on the reference's own windows."""
    for monitor in context.survey.monitors:
        found: dict[str, float] = {}
        for result in context.survey.results(monitor):
            known = result.detail.get("false_alarms")
            if result.version == version.number and isinstance(known, int | float) and known > FEW_FALSE_ALARMS:
                found[result.check_id] = float(known)
        if found:
            said = ", ".join(f"{check} {share(known)}" for check, known in sorted(found.items()))
            link = context.links.monitor(monitor)
            yield join(
                "Alarms of ", link, " say little where the reference's own windows are over the threshold: ", said, "."
            )


def _guarded(context: Context, served: Sequence[Served]) -> Iterator[Markup]:
    for name in dict.fromkeys(one.endpoint for one in served):
        for rail in context.survey.record.of_kind("endpoint").get(name, {}).get("guardrails") or []:
            yield join(context.links.endpoint(name), f" {told(rail)}")


def told(rail: Mapping[str, Any]) -> str:
    """Return a guardrail as a sentence without its subject."""
    action = {
        "flag": "flags", "override": f"answers {plain(rail.get('value'))} for", "reject": "rejects",
        "abstain": "abstains from", "fallback": f"falls back to {plain(rail.get('to'))} for",
    }.get(str(rail.get("action")), str(rail.get("action")))  # fmt: skip
    return f"{action} {_condition(rail)}"


def _condition(rail: Mapping[str, Any]) -> str:
    column, condition = rail.get("column"), rail.get("kind")
    if condition == "range":
        low, high = rail.get("low"), rail.get("high")
        return (
            f"{column} outside {amount(low) if low is not None else '…'} to {amount(high) if high is not None else '…'}"
        )
    if condition == "category":
        known = "those of its training" if rail.get("known") == "reference" else plain(rail.get("known"))
        return f"{column} that is none of {known}"
    if condition == "missing":
        return f"rows without {column}"
    return f"predictions with a confidence below {amount(rail.get('below'))}"
