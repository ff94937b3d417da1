"""The states that streams fold into: runs, versions, promotions, releases. Pure: events in, frozen values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from modelwright.errors import TransitionError
from modelwright.ledger.event import Event
from modelwright.lifecycle.folding import Resumed

_RUN_STEPS = {
    "queued": {"running", "failed", "cancelled", "lost"},
    "running": {"succeeded", "failed", "cancelled", "lost"},
}


@dataclass(frozen=True, slots=True)
class RunState:
    """One execution of a training job."""

    run: str
    job: str
    state: str
    hyperparameters: Mapping[str, Any]
    origin: str
    queued: datetime
    data: str = ""
    ended: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    model: str | None = None
    error: Mapping[str, Any] | None = None
    seconds: float = 0.0
    actor: str = ""

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.state not in _RUN_STEPS


@dataclass(frozen=True, slots=True)
class TrainingState:
    """All runs of a job, and what was decided on retraining."""

    runs: Mapping[str, RunState] = field(default_factory=dict)
    decisions: tuple[Event, ...] = ()

    @property
    def open(self) -> tuple[RunState, ...]:
        """The runs that have not ended."""
        return tuple(run for run in self.runs.values() if not run.over)


def fold_training(events: tuple[Event, ...]) -> TrainingState:
    """Fold a `training/<job>` stream. Raises `TransitionError` on an illegal step."""
    return _TRAINING(events)


def _train_on(before: TrainingState, events: Sequence[Event]) -> TrainingState:
    runs, decisions = dict(before.runs), list(before.decisions)
    for event in events:
        if event.kind.startswith("retrain."):
            decisions.append(event)
        else:
            run = _fold_run(runs.get(event.body["run"]), event)
            runs[run.run] = run
    return TrainingState(runs, tuple(decisions))


_TRAINING = Resumed(TrainingState(), _train_on)


def _fold_run(run: RunState | None, event: Event) -> RunState:
    body = event.body
    if run is None:
        if event.kind != "run.queued":
            raise TransitionError(f"{event.kind} for run {body['run']}, which was never queued", where=event.stream)
        job = event.stream.removeprefix("training/")
        return RunState(
            body["run"], job, "queued", body["hyperparameters"], body["origin"], event.at, body.get("data", ""),
            actor=event.actor.id,
        )  # fmt: skip
    state = "running" if event.kind == "run.started" else str(body["status"])
    if state not in _RUN_STEPS.get(run.state, set()):
        raise TransitionError(f"run {run.run} cannot go from {run.state} to {state}", where=event.stream)
    if event.kind == "run.started":
        return replace(run, state=state)
    return replace(
        run, state=state, ended=event.at, metrics=body.get("metrics", {}), model=body.get("model"),
        error=body.get("error"), seconds=float(body.get("seconds", 0.0)),
        hyperparameters=body.get("hyperparameters", run.hyperparameters),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VersionState:
    """One registered version of a model."""

    model: str
    number: int
    digest: str
    run: str
    state: str
    registered: datetime
    by: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PromotionState:
    """A version on its way to an alias."""

    id: str
    model: str
    version: int
    alias: str
    state: str
    """`open`, `finished` or `failed`."""
    override: str | None
    requested: datetime
    seq: int
    gates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evaluations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the alias that the version is compared with; "" for none."""
    reason: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class ModelState:
    """All versions, aliases and promotions of a model."""

    versions: Mapping[int, VersionState] = field(default_factory=dict)
    aliases: Mapping[str, int] = field(default_factory=dict)
    promotions: Mapping[str, PromotionState] = field(default_factory=dict)

    @property
    def open_promotion(self) -> PromotionState | None:
        """The promotion under way, if any; at most one per model."""
        return next((p for p in self.promotions.values() if p.state == "open"), None)


_VERSION_STEPS = {
    "registered": {"verified"},
    "verified": {"approved", "rejected", "archived"},
    "approved": {"approved", "rejected", "archived"},
    "rejected": {"archived"},
}


def fold_model(events: tuple[Event, ...]) -> ModelState:
    """Fold a `model/<model>` stream. Raises `TransitionError` on an illegal step."""
    return _MODEL(events)


def _model_on(before: ModelState, events: Sequence[Event]) -> ModelState:
    versions, aliases, promotions = dict(before.versions), dict(before.aliases), dict(before.promotions)
    for event in events:
        body = event.body
        match event.kind.split("."):
            case ["version", "registered" | "imported"]:
                versions[body["version"]] = _registered(event)
            case ["version", state]:
                versions[body["version"]] = _moved(versions[body["version"]], state, event)
            case ["alias", "set"]:
                _set_alias(aliases, event)
            case ["promotion" | "gate" | "evaluation", _]:
                promotion = _fold_promotion(promotions.get(body["promotion"]), event)
                promotions[promotion.id] = promotion
    return ModelState(versions, aliases, promotions)


_MODEL = Resumed(ModelState(), _model_on)


def _registered(event: Event) -> VersionState:
    body = event.body
    model = event.stream.removeprefix("model/")
    return VersionState(
        model, body["version"], body["digest"], body["run"], "registered", event.at, event.actor.id, body
    )


def _moved(version: VersionState, state: str, event: Event) -> VersionState:
    if state not in _VERSION_STEPS.get(version.state, set()):
        raise TransitionError(f"version {version.number} cannot go from {version.state} to {state}", where=event.stream)
    return replace(version, state=state)


def _set_alias(aliases: dict[str, int], event: Event) -> None:
    body = event.body
    if aliases.get(body["name"]) != body["expected"]:
        raise TransitionError(
            f"alias {body['name']} was not at {body['expected']}", where=f"{event.stream}#{event.seq}"
        )
    if body["version"] is None:
        aliases.pop(body["name"], None)
    else:
        aliases[body["name"]] = body["version"]


def _fold_promotion(promotion: PromotionState | None, event: Event) -> PromotionState:
    body = event.body
    if event.kind == "promotion.requested":
        if promotion is not None:
            raise TransitionError(f"promotion {promotion.id} was requested before", where=f"{event.stream}#{event.seq}")
        model = event.stream.removeprefix("model/")
        return PromotionState(
            body["promotion"], model, body["version"], body["alias"], "open", body.get("override"), event.at, event.seq,
            reason=event.reason, actor=event.actor.id,
        )  # fmt: skip
    if promotion is None or promotion.state != "open":
        raise TransitionError(f"{event.kind} for a promotion that is not open", where=f"{event.stream}#{event.seq}")
    if event.kind.startswith("gate."):
        override = body["text"] if event.kind == "gate.overridden" else promotion.override
        return replace(promotion, gates={**promotion.gates, body["gate"]: body}, override=override)
    if event.kind == "evaluation.queued":
        queued = {**promotion.evaluations, body.get("baseline", ""): {**body, "at": event.at}}
        return replace(promotion, evaluations=queued)
    return replace(promotion, state=event.kind.removeprefix("promotion."), reason=event.reason or promotion.reason)
