"""How a version was judged: evaluations with intervals, comparisons, gates and approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelwright.ledger.event import Event
from modelwright.lifecycle.states import VersionState
from modelwright.report.curves import Estimate, estimate_chart
from modelwright.report.element import el, join
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.parts import badge, mood, note, raw, table
from modelwright.report.values import Level
from modelwright.report.wording import ABSENT, amount, counted, interval, moment, share


def evaluations(context: Context, version: VersionState) -> Iterator[dict[str, Any]]:
    """Yield the evaluations of a version: those that its promotions queued, then those that somebody asked for."""
    known = context.survey.evaluations
    promotions = context.survey.model(version.model).promotions.values()
    own = [p for p in promotions if p.version == version.number]
    queued = dict.fromkeys(str(one["evaluation"]) for promotion in own for one in promotion.evaluations.values())
    asked = [name for name, found in sorted(known.items()) if name not in queued and _is_of(found, version)]
    yield from (known[name] for name in [*queued, *asked] if name in known)


def _is_of(result: Mapping[str, Any], version: VersionState) -> bool:
    """Return whether a version was the candidate of an evaluation: the first of its versions."""
    versions = result.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else None
    return result.get("model") == version.model and first == version.number


def estimates(context: Context, version: VersionState) -> Iterator[Markup]:
    """Yield, per evaluation and metric, the version's value beside the one it was compared with."""
    for result in evaluations(context, version):
        metrics: Mapping[str, Any] = result.get("metrics") or {}
        own = metrics.get(str(version.number)) or {}
        rows = f"{counted(int(result.get('rows') or 0), 'row')} in {counted(len(result.get('blocks') or []), 'block')}"
        for name in own:
            found = [
                _estimate(number, values[name], own=int(number) == version.number)
                for number, values in sorted(metrics.items(), key=lambda pair: int(pair[0]) != version.number)
                if name in values
            ]
            title = f"{name} on {rows} ({result.get('evaluation')})"
            yield estimate_chart(title, found, _demanded(context, version.model, name))
        if result.get("status", "succeeded") != "succeeded":
            said = (result.get("error") or {}).get("message", "no reason was given")
            yield note(f"{result.get('evaluation')} failed: {said}", "bad")


def _estimate(number: str, found: Mapping[str, Any], *, own: bool) -> Estimate:
    value, ends = found.get("value"), found.get("interval") or (None, None)
    known = float("nan") if value is None else float(value)
    return Estimate(f"version {number}{' (this one)' if own else ''}", known, ends[0], ends[1], int(number))


def _demanded(context: Context, model: str, metric: str) -> list[Level]:
    if model not in context.survey.record.models:
        return []
    asked = [g for g in context.survey.record.gates(model) if g["kind"] == "threshold" and g["metric"] == metric]
    return [Level(float(gate["value"]), f"gate {gate['operator']} {gate['value']:g}") for gate in asked]


def comparisons(context: Context, version: VersionState) -> Markup | None:
    """Return how the version compares with the ones before it on the same rows."""
    rows = []
    for result in evaluations(context, version):
        for one in result.get("comparisons") or []:
            baseline = one.get("baseline")
            rows.append([
                el("code", str(one.get("metric"))),
                context.links.version(version.model, int(baseline)) if baseline is not None else ABSENT,
                amount(one.get("difference")),
                interval(one.get("interval")),
                f"{amount(one.get('by'))} at {share(one.get('confidence'))}",
                amount(one.get("probability")),
                badge("passed" if one.get("passed") else "failed"),
            ])  # fmt: skip
    titles = ["Metric", "Against", "Difference", "95 % interval", "Asked for", "Probability", "Verdict"]
    return table(titles, rows, css=["", "", "num", "", "", "num", ""]) if rows else None


def gates(context: Context, version: VersionState) -> Markup:
    """Return every gate that was decided, in order, and those that it has still to pass."""
    rows = [
        _gate(context, event)
        for event in context.survey.events(f"model/{version.model}")
        if event.kind in {"gate.evaluated", "gate.overridden"} and event.body["version"] == version.number
    ]
    open_ = waiting(context, version)
    rows += [[el("code", name), badge("waiting"), "not decided yet", "", "", "", ""] for name in open_]
    if not rows:
        return note("No gate was ever asked about it: nobody has promoted it.")
    titles = ["Gate", "Verdict", "Found", "Evidence", "When", "By", "Event"]
    return table(titles, rows, css=["wide", "", "", "wide", "when", "", ""])


def _gate(context: Context, event: Event) -> list[object]:
    body = event.body
    evidence = body.get("evidence") or {}
    folded = raw("evidence", evidence) if evidence else None
    if event.kind == "gate.overridden":
        passed_over = ", ".join(str(gate) for gate in body.get("gates", []))
        name: object = join("all gates", el("small", f" ({passed_over})"))
        verdict, found = mood("overridden", "bad"), body.get("text") or event.reason
    else:
        name, found = el("code", str(body["gate"])), str(body.get("text", ""))
        verdict = badge("passed" if body["passed"] else "failed")
    link = context.links.event(event.reference)
    return [name, verdict, found, join(folded, _rows(evidence)), moment(event.at), event.actor.id, link]


def _rows(evidence: Mapping[str, Any]) -> Markup | None:
    said = [f"{amount(evidence[name])} {name}" for name in ("rows", "blocks", "requests", "errors") if name in evidence]
    return el("small", ", ".join(said)) if said else None


def waiting(context: Context, version: VersionState) -> list[str]:
    """Return the gates that a version on its way has still to pass, in order."""
    from modelwright.lifecycle.gates import named_gates

    promotion = context.survey.model(version.model).open_promotion
    if promotion is None or promotion.version != version.number or version.model not in context.survey.record.models:
        return []
    return [name for name in named_gates(context.survey.record.gates(version.model)) if name not in promotion.gates]


def approvals(context: Context, version: VersionState) -> Markup | None:
    """Return who approved the version in which role, and who took that back; None where nobody did."""
    rows: list[list[object]] = []
    for event in context.survey.events(f"approval/{version.model}"):
        if event.body.get("version") == version.number:
            given = event.kind == "approval.given"
            word = mood("approved", "good") if given else mood("withdrawn", "bad")
            link = context.links.event(event.reference)
            rows.append([word, event.actor.id, str(event.body.get("role")), event.reason, moment(event.at), link])
    titles = ["What", "By", "As", "Why", "When", "Event"]
    return table(titles, rows, css=["", "", "", "wide", "when", ""]) if rows else None
