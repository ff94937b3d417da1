"""The page of one model version: its card, written from evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from modelwright.lifecycle.states import VersionState
from modelwright.report.element import el, join, separated
from modelwright.report.page import Markup, facts
from modelwright.report.pages.context import Context
from modelwright.report.pages.judged import approvals, comparisons, estimates, gates
from modelwright.report.pages.limits import known_limits
from modelwright.report.pages.run import commit_of, feature_table, input_table, libraries_of
from modelwright.report.pages.watched import watched_sections
from modelwright.report.parts import badge, definitions, few, folded, mood, note, raw, table
from modelwright.report.serving import Served, measured, served
from modelwright.report.wording import ABSENT, amount, counted, digest, moment, plain, size

if TYPE_CHECKING:
    from modelwright.workload.monitor.state import Result


def version_body(context: Context, state: VersionState) -> Markup:
    """Return the page."""
    return VersionPage(context, state).body()


@dataclass
class VersionPage:
    """One version as the ledger knows it, with its manifest, its run, its evaluations and what watched it."""

    context: Context
    state: VersionState

    def body(self) -> Markup:
        """Return the page."""
        section = self.context.section
        parts = [
            section("At a glance", self._glance),
            section("What it is for", self._purpose),
            section("Known limits", lambda: known_limits(self.context, self.state, self.manifest, self._served)),
            section(
                "Metrics", self._metrics, "On rows that it was not trained on, with 95 % intervals where there are any."
            ),
            section("Gates", lambda: gates(self.context, self.state), "What it had to pass, and on what evidence."),
            section("Approvals", lambda: approvals(self.context, self.state)),
            section("Training data", self._data),
            section("Features", lambda: feature_table(self.manifest.get("feature_use") or [])),
            section("Signature", self._signature),
            section("Lineage", self._lineage),
            section("What it served when", self._serving),
            *watched_sections(self.context, self._watched),
            section(
                "Files",
                self._files,
                "A version is its bytes: each is verified when it is deployed and when it is loaded.",
            ),
        ]
        lead = join(
            "a version of ", self.context.links.to(self._model_page, self.state.model), ", ", badge(self.state.state)
        )
        return self.context.page(f"{self.state.model}, version {self.state.number}", lead, parts)

    @property
    def _model_page(self) -> str:
        return f"{self.context.links.here.rpartition('/')[0]}/index.html"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the model's files, empty where it cannot be read."""
        key = f"models/{self.state.digest.removeprefix('sha256:')}/manifest.json"
        return self.context.survey.documents.json(key, "model") or {}

    @cached_property
    def result(self) -> dict[str, Any]:
        """What its run wrote at its end, empty where there is nothing."""
        return self.context.survey.documents.json(f"runs/{self.state.run}/result.json", "run") or {}

    @cached_property
    def _declared(self) -> Mapping[str, Any]:
        return self.context.survey.record.models.get(self.state.model, {})

    @cached_property
    def _served(self) -> list[Served]:
        survey, found = self.context.survey, []
        for endpoint in survey.endpoints:
            own = served(survey, endpoint)
            found += [one for one in own if one.version == self.state.number and self._is_own(one)]
        return found

    def _is_own(self, one: Served) -> bool:
        document = self.context.survey.documents.json(f"releases/{one.endpoint}/{one.variant}.json")
        return document is None or document.get("digest") in {None, self.state.digest}

    @cached_property
    def _watched(self) -> dict[str, list[Result]]:
        """The results of each monitor that are about this version."""
        survey, endpoints, found = self.context.survey, {one.endpoint for one in self._served}, {}
        for monitor in survey.monitors:
            own = [r for r in survey.results(monitor) if self._is_about(r, endpoints)]
            if own:
                found[monitor] = own
        return found

    def _is_about(self, result: Result, endpoints: set[str]) -> bool:
        return result.version == self.state.number and result.endpoint in endpoints and not result.shadow

    def _glance(self) -> Markup:
        aliases = [a for a, n in self.context.survey.model(self.state.model).aliases.items() if n == self.state.number]
        serving = sorted({one.endpoint for one in self._served if one.until is None and not one.mirrored})
        total = sum(file.get("bytes", 0) for file in self.manifest.get("files", []))
        return Markup(
            facts([
                ("Aliases now", ", ".join(aliases) or "none"),
                ("Serves now", ", ".join(serving) or "nowhere"),
                ("Registered", moment(self.state.registered)),
                ("By", self.state.by),
                ("Format", str(self.manifest.get("format") or self.state.body.get("format") or ABSENT)),
                ("Size", size(total) if total else ABSENT),
            ])
        )  # fmt: skip

    def _purpose(self) -> Markup:
        declared, links = self._declared, self.context.links
        signature = self.manifest.get("signature") or {}
        outputs = ", ".join(str(output.get("name")) for output in signature.get("outputs", []))
        where = declared.get("holdout")
        judged = plain(declared.get("evaluation")) if declared.get("evaluation") else "no rows are declared"
        serving = [name for name in self.context.survey.endpoints if self._serves(name)]
        return definitions([
            ("Task", str(signature.get("task") or ABSENT)),
            ("Predicts", str(declared.get("label") or outputs or ABSENT)),
            ("Classes", few([plain(one) for one in signature["classes"]]) if signature.get("classes") else None),
            ("Answers", outputs or None),
            ("Trained by", str(self.result.get("job") or self.state.run.rpartition("-")[0] or ABSENT)),
            ("Judged on", judged + (f", where {where}" if where else "")),
            ("Declared for", separated(map(links.endpoint, serving)) if serving else None),
            ("Labels", plain(declared["labels"]) if declared.get("labels") else None),
        ])  # fmt: skip

    def _serves(self, endpoint: str) -> bool:
        document = self.context.survey.record.of_kind("endpoint").get(endpoint, {})
        declared = document.get("serves") or {}
        names = [declared] if isinstance(declared, str) else list(declared)
        return any(str(name).partition("@")[0].partition(":")[0] == self.state.model for name in names)

    def _metrics(self) -> Markup:
        logged = dict(self.state.body.get("metrics") or {})
        shown = ", ".join(f"{name} {amount(value)}" for name, value in logged.items())
        own = note(f"Logged by its run: {shown}.") if shown else None
        judged = join(*estimates(self.context, self.state))
        return join(
            judged or note("It was not evaluated on held-out rows."), comparisons(self.context, self.state), own
        )

    def _data(self) -> Markup:
        inputs = self.result.get("inputs") or self.manifest.get("training_data") or {}
        job = self.context.survey.record.of_kind("training").get(self.state.run.rpartition("-")[0]) or {}
        if not inputs:
            return note("Neither its run nor its manifest says what it was trained on.")
        profile = self.manifest.get("profile")
        found = None
        if profile:
            key = f"profiles/{profile.removeprefix('sha256:')}.json.gz"
            found = self.context.survey.documents.json(key)
        rows = (
            definitions([("Reference", join(amount(found.get("rows")), " rows, ", digest(profile)))]) if found else None
        )
        return join(input_table(inputs, job.get("inputs") or {}), rows)

    def _signature(self) -> Markup:
        signature = self.manifest.get("signature") or {}
        rows = [_column(one, self._nulls.get(str(one.get("name")))) for one in signature.get("inputs", [])]
        answers = [[el("code", str(o.get("name"))), str(o.get("type"))] for o in signature.get("outputs", [])]
        sample = self.manifest.get("sample")
        titles = ["Input", "Type", "May be missing", "Missing in training", "Known values"]
        return join(
            table(titles, rows, css=["", "", "", "num", "wide"]) if rows else note("The manifest cannot be read."),
            el("h3", "It answers") if answers else None,
            table(["Output", "Type"], answers) if answers else None,
            raw("A request and its answer", sample) if sample else None,
        )

    @cached_property
    def _nulls(self) -> dict[str, float]:
        profile = self.manifest.get("profile") or ""
        found = (
            self.context.survey.documents.json(f"profiles/{profile.removeprefix('sha256:')}.json.gz")
            if profile
            else None
        )
        columns = (found or {}).get("columns") or []
        return {str(c["name"]): c["nulls"] / c["total"] for c in columns if c.get("total")}

    def _lineage(self) -> Markup:
        body, links = self.state.body, self.context.links
        beaten = list(self._beaten())
        pairs: list[tuple[str, object]] = [
            ("Run", links.run(self.state.run)),
            ("Author", body.get("author")),
            ("Copied from", plain(body["imported"]) if body.get("imported") else None),
            ("Beat", join(*beaten) if beaten else None),
            ("Registered by", links.event(f"model/{self.state.model}#{self._registered_seq()}")),
        ]
        libraries = libraries_of(self.manifest.get("libraries") or body.get("libraries") or {})
        return join(definitions(pairs), commit_of({**self.result, **body}), libraries)

    def _registered_seq(self) -> int:
        events = self.context.survey.events(f"model/{self.state.model}")
        kinds = {"version.registered", "version.imported"}
        return next((e.seq for e in events if e.kind in kinds and e.body["version"] == self.state.number), 0)

    def _beaten(self) -> Iterator[Markup]:
        for promotion in self.context.survey.model(self.state.model).promotions.values():
            for gate in promotion.gates.values():
                evidence = gate.get("evidence") or {}
                if promotion.version == self.state.number and gate.get("kind") == "beats" and evidence.get("baseline"):
                    word = "" if gate.get("passed") else "not "
                    other = self.context.links.version(self.state.model, int(evidence["baseline"]))
                    yield join(word, other, f" by {amount(evidence.get('difference'))} of {evidence.get('metric')}")

    def _serving(self) -> Markup:
        if not self._served:
            return note("It never served.")
        return serving_table(self.context, self._served, versions=False)

    def _files(self) -> Markup:
        folder = f"models/{self.state.digest.removeprefix('sha256:')}/"
        sizes = dict(self.context.survey.documents.sizes(folder))
        rows = [_file(one, sizes.get(folder + str(one["path"]))) for one in self.manifest.get("files", [])]
        opted = self.manifest.get("opt_in")
        pairs: list[tuple[str, object]] = [
            ("Digest", el("code", self.state.digest)),
            ("Opted in", mood(f"{opted}: loading it runs its code", "bad") if opted else None),
            ("Profile", el("code", self.manifest["profile"]) if self.manifest.get("profile") else None),
        ]  # fmt: skip
        titles = ["File", "Size", "There", "Digest"]
        listed = (
            table(titles, rows, css=["", "num", "", "wide"]) if rows else note("Its manifest cannot be read.", "bad")
        )
        return join(definitions(pairs), listed)


def _column(one: Mapping[str, Any], nulls: float | None) -> list[object]:
    known: Sequence[Any] = one.get("known") or []
    values = few([plain(value) for value in known], 8) if known else ABSENT
    if len(known) > 40:  # noqa: PLR2004  beyond that nobody reads them one by one
        values = folded(counted(len(known), "value"), el("small", ", ".join(plain(value) for value in known)))
    shape = f" {plain(one['shape'])}" if one.get("shape") else ""
    missing = ABSENT if nulls is None else f"{100 * nulls:.2g} %"
    return [el("code", str(one.get("name"))), f"{one.get('type')}{shape}", amount(one.get("nullable")), missing, values]


def _file(one: Mapping[str, Any], found: int | None) -> list[object]:
    same = found == one.get("bytes")
    there = "yes" if same else mood("missing" if found is None else f"has {size(found)}", "bad")
    return [el("code", str(one["path"])), size(one.get("bytes")), there, el("code", str(one.get("sha256")))]


def serving_table(context: Context, found: Sequence[Served], *, versions: bool) -> Markup:
    """Return who had which share from when to when, and how many requests that were."""
    rows = []
    for one in found:
        measure = measured(context.survey, one)
        rows.append([
            context.links.endpoint(one.endpoint),
            str(one.release),
            join(f"version {one.version}" if versions else None, el("code", one.variant) if not versions else None),
            one.said,
            moment(one.since),
            moment(one.until) if one.until else "now",
            amount(measure.requests) if measure else ABSENT,
            mood(amount(measure.errors), "bad" if measure.errors else "") if measure else ABSENT,
            context.links.event(one.event),
        ])  # fmt: skip
    second = "Version" if versions else "Variant"
    titles = ["Endpoint", "Release", second, "Share", "From", "To", "Requests", "Errors", "Decided by"]
    return table(titles, rows, css=["", "num", "", "", "when", "when", "num", "num", ""])
