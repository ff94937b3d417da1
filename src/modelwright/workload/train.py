"""The training workload: stage the data, call the user's function, publish the model, say how it went.

`runs/<run>/result.json` is written however the run ends, last of all; the model stands in `runs/<run>/model/`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelwright.canonical import canonical, digest, timestamp
from modelwright.errors import CancelledError, ModelwrightError, UsageError
from modelwright.masking import mask_of
from modelwright.store import Store, local_path
from modelwright.workload.attempt import MANIFEST, Failure, Plan, attempt
from modelwright.workload.checkpoint import Stop
from modelwright.workload.provenance import commit_of, libraries
from modelwright.workload.sources import Surroundings, overlaid, surroundings
from modelwright.workload.staging import Staged, stage
from modelwright.workload.training_config import TrainConfig
from modelwright.workload.tune import Tuning

SCRATCH = "MODELWRIGHT_SCRATCH"


@dataclass
class Report:
    """What `result.json` will say, filled in while the run goes on."""

    config: TrainConfig
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "failed"
    inputs: Mapping[str, Staged] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    feature_use: list[Mapping[str, Any]] = field(default_factory=list)
    trials: list[Mapping[str, Any]] = field(default_factory=list)
    model: str | None = None
    failure: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the content of `result.json`."""
        commit = commit_of(self.config.root)
        return {
            "schema": "modelwright.run/1",
            "run": self.config.run,
            "job": self.config.job,
            "status": self.status,
            "metrics": dict(self.metrics),
            "params": dict(self.params),
            "model": self.model,
            "error": self.failure,
            "hyperparameters": dict(self.hyperparameters or self.config.hyperparameters),
            "inputs": {name: staged.to_json() for name, staged in self.inputs.items()},
            "feature_use": self.feature_use,
            "figures": self.figures,
            "trials": self.trials,
            "libraries": libraries(),
            "commit": commit.id,
            "dirty": commit.dirty,
            "attempt": int(os.environ.get("MODELWRIGHT_ATTEMPT", "1")),
            "started": timestamp(self.started),
            "ended": timestamp(datetime.now(UTC)),
        }


def run(document: Mapping[str, Any]) -> int:
    """Run the training that a `modelwright.train/1` document describes; return 0, 1 failed or 8 cancelled.

    Raises `UsageError` for a document that cannot be used; whatever comes later is told in `result.json`.
    """
    config = TrainConfig.from_json(document)
    store = config.store()
    report = Report(config)
    stop = Stop()
    stop.install()
    try:
        with _scratch() as scratch:
            _train(config, report, store, scratch, stop)
    except CancelledError as error:
        report.status, report.failure = "cancelled", Failure("cancelled", error.message).to_json()
    except Exception as error:  # noqa: BLE001  the run's result is where every error is told
        report.failure = Failure.of(error, config.root).to_json()
    if report.failure is not None:
        print(report.failure["traceback"] or report.failure["message"], flush=True)  # noqa: T201  this is the job's log
    if _leads():
        store.put("result.json", canonical(mask_of(os.environ).document(report.to_json())))
    return {"succeeded": 0, "cancelled": CancelledError.exit_status}.get(report.status, ModelwrightError.exit_status)


def _leads() -> bool:
    return surroundings(os.environ).rank == 0


def _train(config: TrainConfig, report: Report, store: Store, scratch: Path, stop: Stop) -> None:
    around = _around(config, scratch)
    os.chdir(config.root)
    inputs = {name: stage(name, uri, config.holdout, scratch / "inputs") for name, uri in _uris(config, around).items()}
    report.inputs = inputs
    for name, staged in inputs.items():
        blocks = "" if staged.blocks is None else f", {len(staged.blocks)} blocks to train on"
        print(f"input {name}: {staged.files} files{blocks}", flush=True)  # noqa: T201  this is the job's log
    plan = Plan(config, inputs, around, stop)
    assert around.checkpoint_dir is not None
    work = around.checkpoint_dir
    folder = _search(plan, report, work) if config.tuning else _once(plan, report, work)
    if folder is None:
        return
    if around.rank == 0:
        report.model = _publish(folder, store, around)
    report.status = "succeeded"
    shutil.rmtree(work, ignore_errors=True)


def _once(plan: Plan, report: Report, work: Path) -> Path | None:
    done = attempt(plan, plan.hyperparameters, work)
    report.metrics, report.params, report.hyperparameters = done.metrics, done.params, done.hyperparameters
    report.figures, report.feature_use = list(done.figures), list(done.feature_use)
    report.failure = done.failure.to_json() if done.failure else None
    if done.state == "cancelled":
        report.status = "cancelled"
    return work if done.state == "succeeded" else None


def _search(plan: Plan, report: Report, work: Path) -> Path | None:
    assert plan.config.tuning is not None
    tuning = Tuning(plan, plan.config.tuning, work)
    trials = tuning.run()
    report.trials = [trial.to_json() for trial in trials]
    best = tuning.best()
    if best is None:
        first = next((trial for trial in trials if trial.state == "failed"), trials[0])
        report.failure = {"traceback": "", **(first.failure or {}), "type": "NoTrialSucceeded"}
        report.failure["message"] = f"none of {len(trials)} trials succeeded; the first: {report.failure['message']}"
        return None
    report.metrics, report.params, report.hyperparameters = best.metrics, best.params, best.hyperparameters
    report.figures, report.feature_use = list(best.figures), list(best.feature_use)
    return tuning.folder_of(best)


def _around(config: TrainConfig, scratch: Path) -> Surroundings:
    """Return what the platform says, with the run's own folders where it says nothing."""
    try:
        checkpoints = local_path(config.output) / "runs" / config.run / "work"
    except UsageError:
        checkpoints = scratch / "work"
    return overlaid(Surroundings("local", checkpoint_dir=checkpoints), surroundings(os.environ))


def _uris(config: TrainConfig, around: Surroundings) -> dict[str, str]:
    """Return where each declared input lies: where the platform put it, else where the config says."""
    return {name: str(around.inputs.get(name, uri)) for name, uri in config.inputs.items()}


def _publish(folder: Path, store: Store, around: Surroundings) -> str:
    """Copy model, figures and metrics to the run's place, the manifest last; return the model's digest."""
    model = folder / "model"
    manifest = (model / MANIFEST).read_bytes()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p != model / MANIFEST):
        relative = path.relative_to(folder).as_posix()
        if relative.split("/")[0] in {"model", "figures", "metrics.jsonl"}:
            store.put(relative, path.read_bytes())
    store.put(f"model/{MANIFEST}", manifest)
    if around.model_dir is not None:
        shutil.copytree(model, around.model_dir, dirs_exist_ok=True)
    return digest(manifest)


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder that is gone after the run; the platform's runner may name (and then removes) one."""
    named = os.environ.get(SCRATCH)
    if named:
        Path(named).mkdir(parents=True, exist_ok=True)
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix="modelwright-") as folder:
        yield Path(folder)
