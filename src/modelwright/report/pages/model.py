"""The page of one model: its versions, aliases, gates and promotions."""

from __future__ import annotations

from modelwright.lifecycle.gates import named_gates
from modelwright.report.element import el, join, separated
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.parts import badge, definitions, listing, note, table
from modelwright.report.wording import ABSENT, amount, digest, moment, plain


def model_body(context: Context, model: str) -> Markup:
    """Return the page."""
    parts = [
        context.section("Declared", lambda: _declared(context, model)),
        context.section("Versions", lambda: _versions(context, model)),
        context.section("Gates", lambda: _gates(context, model), "What a version has to pass in this environment."),
        context.section("Promotions", lambda: _promotions(context, model)),
    ]
    return context.page(model, "a model", parts)


def _declared(context: Context, model: str) -> Markup:
    document, state = context.survey.record.models.get(model), context.survey.model(model)
    aliases = [join(f"{alias} is ", context.links.version(model, n)) for alias, n in sorted(state.aliases.items())]
    if document is None:
        return note("The project does not declare it any more; the ledger keeps what was decided.")
    names = ("training", "evaluation", "holdout", "block", "label", "timestamp", "metrics")
    said = [(name.capitalize(), plain(document[name])) for name in names if document.get(name)]
    return definitions([("Aliases", separated(aliases) if aliases else "none yet"), *said])


def _versions(context: Context, model: str) -> Markup:
    state = context.survey.model(model)
    rows = []
    for number, version in sorted(state.versions.items(), reverse=True):
        aliases = ", ".join(alias for alias, n in state.aliases.items() if n == number)
        metrics = ", ".join(f"{name} {amount(value)}" for name, value in (version.body.get("metrics") or {}).items())
        rows.append([
            context.links.version(model, number, f"version {number}"),
            badge(version.state),
            aliases or ABSENT,
            metrics or ABSENT,
            context.links.run(version.run),
            moment(version.registered),
            version.by,
            digest(version.digest),
        ])  # fmt: skip
    titles = ["Version", "State", "Aliases", "Logged", "Run", "Registered", "By", "Digest"]
    css = ["", "", "", "", "", "when"]
    return table(titles, rows, css=css) if rows else note("No version was registered yet.")


def _gates(context: Context, model: str) -> Markup | None:
    if model not in context.survey.record.models:
        return None
    names = list(named_gates(context.survey.record.gates(model)))
    return listing(el("code", name) for name in names) if names else note("None: any version may be promoted.")


def _promotions(context: Context, model: str) -> Markup | None:
    rows = [
        [
            context.links.event(f"model/{model}#{one.seq}"),
            context.links.version(model, one.version, f"version {one.version}"),
            one.alias,
            badge(one.state),
            one.reason,
            join(el("span", f"overridden: {one.override}", css="bad")) if one.override else ABSENT,
            moment(one.requested),
            one.actor,
        ]
        for one in context.survey.model(model).promotions.values()
    ]
    titles = ["Promotion", "Version", "To", "State", "Why", "Gates", "Asked for", "By"]
    return table(titles, rows, css=["", "", "", "", "wide", "", "when", ""]) if rows else None
