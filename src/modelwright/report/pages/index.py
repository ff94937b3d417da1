"""The first page: what serves now, what needs somebody, the newest decisions, and the way to every other page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from modelwright.report.address import model_page, stream_page
from modelwright.report.element import el, join, separated
from modelwright.report.page import Markup, facts
from modelwright.report.pages.context import Context
from modelwright.report.pages.decisions import decision_table, told
from modelwright.report.pages.judged import waiting
from modelwright.report.parts import badge, folded, listing, note, table
from modelwright.report.serving import model_of, served
from modelwright.report.wording import ABSENT, amount, counted, moment

_NEWEST = 20
_RUNS = 30


def index_body(context: Context) -> Markup:
    """Return the page."""
    section = context.section
    parts = [
        section("At a glance", lambda: _glance(context)),
        section("Needs somebody", lambda: _open(context)),
        section("Serves now", lambda: _serving(context)),
        section("Models", lambda: _models(context)),
        section("Monitors", lambda: _monitors(context)),
        section("Runs", lambda: _runs(context)),
        section("Newest decisions", lambda: _newest(context)),
    ]
    record = context.survey.record
    lead = f"environment {record.environment}, on {record.document.get('adapter')}, by {record.document.get('by')}"
    return context.page(record.project, lead, parts)


def _glance(context: Context) -> Markup:
    survey = context.survey
    versions = sum(len(survey.model(model).versions) for model in survey.models)
    runs = [run for job in survey.jobs for run in survey.training(job).runs.values()]
    releases = sum(len(survey.endpoint(endpoint).releases) for endpoint in survey.endpoints)
    return Markup(
        facts([
            ("Runs", f"{len(runs):,}"),
            ("Runs that failed", f"{sum(run.state in {'failed', 'lost'} for run in runs):,}"),
            ("Versions", f"{versions:,}"),
            ("Releases", f"{releases:,}"),
            ("Decisions", f"{len(survey.all_events):,}"),
        ])
    )  # fmt: skip


def _open(context: Context) -> Markup:
    found = [*_alarms(context), *_waiting(context), *_failing(context), *_moving(context), *_unreadable(context)]
    return listing(found) if found else note("Nothing: no alarm, nothing that waits for a person, nothing that fails.")


def _alarms(context: Context) -> Iterator[Markup]:
    for name in context.survey.monitors:
        events = context.survey.events(f"monitor/{name}")
        if events and events[-1].kind == "monitor.violated":
            checks = ", ".join(str(check) for check in events[-1].body.get("checks", []))
            yield join(
                badge("violated"), " ", context.links.monitor(name), f": {checks}, since {moment(events[-1].at)}"
            )


def _waiting(context: Context) -> Iterator[Markup]:
    for model in context.survey.models:
        promotion = context.survey.model(model).open_promotion
        if promotion is not None:
            link = context.links.version(model, promotion.version)
            version = context.survey.model(model).versions.get(promotion.version)
            gates = waiting(context, version) if version is not None else []
            since = f" is on its way to {promotion.alias}, asked for {moment(promotion.requested)}"
            yield join(badge("waiting"), " ", link, since, f"; its next gate is {gates[0]}" if gates else "")


def _failing(context: Context) -> Iterator[Markup]:
    """Name the jobs and endpoints whose newest attempt failed."""
    for job in context.survey.jobs:
        runs = list(context.survey.training(job).runs.values())
        if runs and runs[-1].state in {"failed", "lost"}:
            said = str((runs[-1].error or {}).get("message") or "no reason was given")
            yield join(badge(runs[-1].state), " ", context.links.run(runs[-1].run), f": {said[:300]}")
    for name in context.survey.endpoints:
        latest = context.survey.endpoint(name).latest
        if latest is not None and latest.state in {"failed", "rolled_back"} and latest.restores is None:
            yield join(
                badge(latest.state), " ", context.links.endpoint(name), f": release {latest.number}, {latest.outcome}"
            )


def _moving(context: Context) -> Iterator[Markup]:
    for name in context.survey.endpoints:
        moving = context.survey.endpoint(name).moving
        if moving is not None:
            yield join(
                badge(moving.state), " ", context.links.endpoint(name), f": release {moving.number} {moving.step}"
            )


def _unreadable(context: Context) -> Iterator[Markup]:
    for trouble in context.survey.documents.troubles.values():
        yield join(badge("unreadable"), " ", el("code", trouble.where), f": {trouble.why}")


def _serving(context: Context) -> Markup:
    rows = []
    for name in context.survey.endpoints:
        state = context.survey.endpoint(name)
        now = [one for one in served(context.survey, name) if one.until is None]
        shares = [
            join(
                context.links.version(
                    model_of(context.survey, name, o.version, o.release), o.version, f"version {o.version}"
                ),
                f" {o.said}",
            )
            for o in now
        ]
        current = state.current
        rows.append([
            context.links.endpoint(name),
            badge(state.moving.state if state.moving else "live" if current else "awaiting"),
            str(current.number) if current else ABSENT,
            separated(shares) if shares else "nothing yet",
            moment(current.live_at) if current else ABSENT,
            current.reason if current else "",
        ])  # fmt: skip
    titles = ["Endpoint", "State", "Release", "Traffic", "Since", "Why"]
    return (
        table(titles, rows, css=["", "", "num", "", "when", "wide"])
        if rows
        else note("The project declares no endpoint.")
    )


def _models(context: Context) -> Markup:
    rows = []
    for model in context.survey.models:
        state = context.survey.model(model)
        aliases = [join(f"{a} is ", context.links.version(model, n)) for a, n in sorted(state.aliases.items())]
        versions = [
            context.links.version(model, number, str(number)) for number in sorted(state.versions, reverse=True)
        ]
        shown = separated(versions[:_RUNS]) if versions else join("none yet")
        rows.append([context.links.to(model_page(model), model), separated(aliases) if aliases else ABSENT, shown])
    titles = ["Model", "Aliases", "Versions"]
    return table(titles, rows, css=["", "", "wide"]) if rows else note("The project declares no model.")


def _monitors(context: Context) -> Markup | None:
    rows = []
    for name in context.survey.monitors:
        events = context.survey.events(f"monitor/{name}")
        state = events[-1].kind.removeprefix("monitor.") if events else "waiting"
        results = context.survey.results(name)
        windows = {result.window for result in results}
        newest = f"{max(windows)[0]:%Y-%m-%d}" if windows else ABSENT
        endpoint = str(context.survey.record.of_kind("monitor").get(name, {}).get("endpoint", ""))
        rows.append(
            [context.links.monitor(name), context.links.endpoint(endpoint), badge(state), f"{len(windows):,}", newest]
        )
    titles = ["Monitor", "Of", "State", "Windows", "Newest"]
    return table(titles, rows, css=["", "", "", "num", "when"]) if rows else None


def _runs(context: Context) -> Markup:
    runs = [run for job in context.survey.jobs for run in context.survey.training(job).runs.values()]
    runs.sort(key=lambda run: (run.queued, run.run), reverse=True)
    rows = [
        [
            context.links.run(run.run),
            badge(run.state),
            moment(run.queued),
            run.origin,
            ", ".join(f"{name} {amount(value)}" for name, value in run.metrics.items()) or ABSENT,
            run.actor,
        ]
        for run in runs
    ]
    titles = ["Run", "State", "Queued", "Origin", "Metrics", "By"]
    css = ["", "", "when", "", "", ""]
    if not rows:
        return note("Nothing was trained yet.")
    rest = folded(f"{len(rows) - _RUNS:,} earlier", table(titles, rows[_RUNS:], css=css)) if len(rows) > _RUNS else None
    return join(table(titles, rows[:_RUNS], css=css), rest)


def _newest(context: Context) -> Markup:
    newest = list(islice(told(reversed(context.survey.all_events)), _NEWEST))
    streams = [
        context.links.to(stream_page(name), f"{name} ({counted(len(e), 'event')})")
        for name, e in context.survey.streams.items()
    ]
    return join(decision_table(context, newest), note(join("All of them: ", separated(streams))) if streams else None)
