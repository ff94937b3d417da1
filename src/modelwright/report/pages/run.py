"""The page of one run: how it went, what it was given, what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modelwright.canonical import parse_timestamp
from modelwright.contract.driver import Jobs
from modelwright.lifecycle.states import RunState
from modelwright.report.curves import Mark, curve_chart
from modelwright.report.element import el, join
from modelwright.report.figures import figure_of
from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.parts import badge, columns, definitions, few, folded, mapping, note, pre, table
from modelwright.report.text import clean
from modelwright.report.wording import amount, counted, digest, moment, plain, size, span

_TAIL = 80
_LONGEST = 4_000
_KEPT, _PIECES = 512 * 1024, 4_096


def run_body(context: Context, state: RunState) -> Markup:
    """Return the page."""
    return RunPage(context, state).body()


@dataclass
class RunPage:
    """One run as the ledger knows it, with the documents that it left behind."""

    context: Context
    state: RunState

    def body(self) -> Markup:
        """Return the page."""
        state, section = self.state, self.context.section
        parts = [
            section("Run", self._summary),
            section("Why it failed", self._failure) if state.error else None,
            section(
                "Metrics", self._metrics, "As the training code logged them; of a tuned run, those of the best trial."
            ),
            section("Trials", self._trials),
            section("Parameters", self._parameters),
            section("Data", self._inputs, "What the run was trained on: a digest names every file and its bytes."),
            section("Features", self._features),
            section("Files", self._files),
            section("Figures", self._figures),
            section("Surroundings", self._surroundings),
            section("Log", self._log),
        ]
        lead = join("a run of ", el("strong", state.job), ", ", badge(state.state))
        return self.context.page(state.run, lead, parts)

    @cached_property
    def result(self) -> dict[str, Any]:
        """What the run wrote at its end, empty where there is nothing."""
        return self.context.survey.documents.json(f"runs/{self.state.run}/result.json", "run") or {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the model that it made, empty where there is none."""
        return self.context.survey.documents.json(f"runs/{self.state.run}/model/manifest.json", "model") or {}

    def _summary(self) -> Markup:
        state, result = self.state, self.result
        started, ended = result.get("started"), result.get("ended")
        took = (parse_timestamp(ended) - parse_timestamp(started)).total_seconds() if started and ended else None
        return definitions([
            ("State", badge(state.state)),
            ("Origin", {"retrain": "decided by a monitor's rule"}.get(state.origin, state.origin)),
            ("Asked for by", state.actor),
            ("Queued", moment(state.queued)),
            ("Ended", moment(state.ended)),
            ("Took", span(took if took is not None else state.seconds or None)),
            ("Attempt", amount(result.get("attempt")) if result.get("attempt", 1) != 1 else None),
            ("Model", digest(state.model) if state.model else None),
            ("Version", self._versions()),
        ])  # fmt: skip

    def _versions(self) -> Markup | None:
        survey, links = self.context.survey, self.context.links
        found = [
            links.version(model, version.number)
            for model in survey.models
            for version in survey.model(model).versions.values()
            if version.run == self.state.run
        ]
        return few(found) if found else None

    def _failure(self) -> Markup:
        error = self.state.error or {}
        head = ": ".join(str(part) for part in (error.get("type"), error.get("message")) if part)
        trace = error.get("traceback")
        return join(el("p", head or "no reason was given", css="bad"), pre(trace) if trace else None)

    def _metrics(self) -> Markup | None:
        metrics = dict(self.result.get("metrics") or self.state.metrics)
        if not metrics:
            return note("It logged no metrics.")
        rows = [[el("code", name), amount(value, 6)] for name, value in metrics.items()]
        return join(table(["Metric", "Last value"], rows, css=["", "num"]), self._curves())

    def _curves(self) -> Markup | None:
        """Draw every metric that was logged more than once."""
        curves: dict[str, list[Mark]] = {}
        for index, line in enumerate(self.context.survey.documents.lines(f"runs/{self.state.run}/metrics.jsonl")):
            step = line.get("step")
            x = float(step) if isinstance(step, int | float) else float(index)
            for name, value in (line.get("values") or {}).items():
                if isinstance(value, int | float):
                    curves.setdefault(name, []).append(Mark(x, float(value), f"step {x:g}: {amount(float(value), 6)}"))
        drawn = [curve_chart(name, marks, unit="by step") for name, marks in curves.items() if len(marks) > 1]
        return columns(*drawn) if drawn else None

    def _trials(self) -> Markup | None:
        trials: Sequence[Mapping[str, Any]] = self.result.get("trials") or []
        if not trials:
            return None
        names = list(dict.fromkeys(name for trial in trials for name in trial.get("hyperparameters") or {}))
        varied = [name for name in names if len({plain(t.get("hyperparameters", {}).get(name)) for t in trials}) > 1]
        best = _best(trials, self._direction())
        rows = [
            [
                join(f"{_number(trial):g}", el("strong", " best") if trial is best else None),
                badge(str(trial.get("state", ""))),
                amount(trial.get("value"), 6),
                *(amount((trial.get("hyperparameters") or {}).get(name)) for name in varied),
                span(trial.get("seconds")),
                _said(trial.get("error")),
            ]
            for trial in trials
        ]
        titles = ["Trial", "State", "Value", *varied, "Took", "Error"]
        css = ["num", "", "num", *["num"] * len(varied), "num", "wide"]
        fixed = {name: (trials[0].get("hyperparameters") or {}).get(name) for name in names if name not in varied}
        same = note(f"The same in every trial: {plain(fixed)}.") if fixed else None
        return join(self._trial_charts(trials, varied), table(titles, rows, css=css), same)

    def _direction(self) -> str:
        document = self.context.survey.record.of_kind("training").get(self.state.job) or {}
        return str((document.get("tuning") or {}).get("direction", "maximize"))

    def _trial_charts(self, trials: Sequence[Mapping[str, Any]], varied: Sequence[str]) -> Markup | None:
        known = [trial for trial in trials if isinstance(trial.get("value"), int | float)]
        if len(known) < 2:  # noqa: PLR2004  one point is no chart
            return None
        marks = [Mark(_number(t), float(t["value"]), _note(t)) for t in known]
        pick = min if self._direction() == "minimize" else max
        reached = [Mark(mark.x, pick(other.y for other in marks[: n + 1])) for n, mark in enumerate(marks)]
        charts = [curve_chart("Value by trial", marks, unit="the line is the best so far", best=reached)]
        for name in varied:
            over = [(t["hyperparameters"].get(name), t) for t in known]
            dots = [Mark(float(x), float(t["value"]), _note(t)) for x, t in over if isinstance(x, int | float)]
            flat = [Mark(mark.x, float("nan")) for mark in dots[:1]]
            charts += [curve_chart(f"Value by {name}", dots, best=flat)] if len(dots) > 1 else []
        return columns(*charts)

    def _parameters(self) -> Markup:
        given = dict(self.result.get("hyperparameters") or self.state.hyperparameters)
        logged = mapping(self.result.get("params") or {}, "Logged parameter")
        shown = mapping(given, "Hyperparameter") or note("It was given no hyperparameters.")
        return join(shown, logged)

    def _inputs(self) -> Markup:
        declared = (self.context.survey.record.of_kind("training").get(self.state.job) or {}).get("inputs") or {}
        inputs: Mapping[str, Any] = self.result.get("inputs") or {}
        if not inputs:
            return note("The run left no list of its inputs.")
        return input_table(inputs, declared)

    def _features(self) -> Markup | None:
        return feature_table(self.result.get("feature_use") or self.manifest.get("feature_use") or [])

    def _files(self) -> Markup:
        digests = {f"model/{file['path']}": file["sha256"] for file in self.manifest.get("files", [])}
        if self.state.model:
            digests["model/manifest.json"] = self.state.model
        prefix = f"runs/{self.state.run}/"
        found = [(key.removeprefix(prefix), count) for key, count in self.context.survey.documents.sizes(prefix)]
        kept = [(path, count) for path, count in found if not path.startswith("work/")]
        if not kept:
            return note("It left no files.")
        rows = [[el("code", path), size(count), digest(digests.get(path))] for path, count in kept]
        whole = note(f"{counted(len(kept), 'file')}, {size(sum(count for _, count in kept))} in all.")
        return join(table(["File", "Size", "Digest"], rows, css=["wide", "num", ""]), whole)

    def _figures(self) -> Markup | None:
        figures = self.result.get("figures") or []
        prefix, documents = f"runs/{self.state.run}/", self.context.survey.documents
        drawn = [figure_of(str(key), documents.bytes(prefix + str(key))) for key in figures]
        return join(*drawn) if drawn else None

    def _surroundings(self) -> Markup | None:
        if not self.result:
            return None
        return join(commit_of(self.result), libraries_of(self.result.get("libraries") or {}))

    def _log(self) -> Markup:
        lines = _tail(self.context.survey.platform.driver.jobs, self.state.run).splitlines()
        if not lines:
            return note("There is no log any more.")
        said = join(
            f"The last {_TAIL} lines; all are shown by ", el("code", f"modelwright runs logs {self.state.run}"), "."
        )
        more = note(said) if len(lines) > _TAIL else None
        return join(more, pre("\n".join(clean(line)[:_LONGEST] for line in lines[-_TAIL:])))


def _tail(jobs: Jobs, run: str) -> str:
    """Return the end of a log, which comes in pieces; a job that goes on writing is not followed for ever."""
    text, offset = "", 0
    for _ in range(_PIECES):
        piece, reached = jobs.logs(run, offset)
        if reached == offset:
            break
        text, offset = (text + piece)[-_KEPT:], reached
    return text


def input_table(inputs: Mapping[str, Any], declared: Mapping[str, Any]) -> Markup:
    """Return what was trained on: where it lies, how much of it, and its digest."""
    rows = []
    for name, found in inputs.items():
        blocks = found.get("blocks")
        rows.append([
            el("code", name),
            plain(declared.get(name)),
            amount(found.get("files")),
            few([str(block) for block in blocks], 6) if blocks else "all" if blocks is None else "none",
            digest(found.get("digest")),
        ])  # fmt: skip
    return table(["Input", "From", "Files", "Blocks", "Digest"], rows, css=["", "", "num", "wide", ""])


def feature_table(uses: Sequence[Mapping[str, Any]]) -> Markup | None:
    """Return which feature views were joined, by which keys, for which columns."""
    rows = [
        [
            el("code", str(use.get("view"))),
            plain(use.get("entity")),
            plain(use.get("columns")),
            el("code", str(use.get("schema"))),
        ]
        for use in uses
    ]
    return table(["View", "Joined on", "Columns", "Schema"], rows) if rows else None


def commit_of(document: Mapping[str, Any]) -> Markup:
    """Return the commit that the code was at."""
    commit = document.get("commit")
    if not commit:
        return note("The code was under no version control, so no commit is known.")
    dirty = " with changes that were not committed" if document.get("dirty") else ""
    return definitions([("Commit", join(el("code", commit), el("span", dirty, css="bad") if dirty else None))])


def libraries_of(libraries: Mapping[str, Any]) -> Markup | None:
    """Return the versions of the libraries, folded."""
    shown = mapping(libraries, "Library", "Version")
    return folded(counted(len(libraries), "library", "libraries"), shown) if shown is not None else None


def _best(trials: Sequence[Mapping[str, Any]], direction: str) -> Mapping[str, Any] | None:
    known = [t for t in trials if isinstance(t.get("value"), int | float) and t.get("state") == "succeeded"]
    pick = min if direction == "minimize" else max
    return pick(known, key=lambda trial: trial["value"]) if known else None


def _number(trial: Mapping[str, Any]) -> float:
    """Return a trial's number as the log counts them, from 1."""
    return float(trial.get("number", 0)) + 1


def _note(trial: Mapping[str, Any]) -> str:
    return f"trial {_number(trial):g}: {amount(trial.get('value'), 6)} [{plain(trial.get('hyperparameters'))}]"


def _said(error: object) -> str:
    if not error:
        return ""
    return str(error.get("message", error)) if isinstance(error, Mapping) else str(error)
