"""One call of the user's training function, and what came of it."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from modelwright.errors import CancelledError, TrainingFailedError
from modelwright.masking import mask_of
from modelwright.store import DirectoryStore
from modelwright.workload.checkpoint import Checkpoints, Stop
from modelwright.workload.context import Features, Input, TrainContext
from modelwright.workload.entrypoint import load, own_traceback
from modelwright.workload.race import Race, TrialPrunedError
from modelwright.workload.runlog import RunLog
from modelwright.workload.sources import Surroundings
from modelwright.workload.staging import Staged
from modelwright.workload.training_config import TrainConfig

MANIFEST = "manifest.json"
State = Literal["succeeded", "failed", "pruned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the attempts of one run share; it can be sent to another process."""

    config: TrainConfig
    inputs: Mapping[str, Staged]
    around: Surroundings
    stop: Stop = field(default_factory=Stop)

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """The run's own hyperparameters; a platform that was told others is believed."""
        return {**self.config.hyperparameters, **self.around.hyperparameters}

    @property
    def lineage(self) -> dict[str, Any]:
        """What a manifest says of where the model comes from."""
        return {
            "run": self.config.run,
            "training_data": {name: staged.to_json() for name, staged in self.inputs.items()},
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: the error's type and message, and the user's own lines."""

    type: str
    message: str
    traceback: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the failure as it stands in `result.json`."""
        return {"type": self.type, "message": self.message, "traceback": self.traceback}

    @classmethod
    def of(cls, error: BaseException, root: Path) -> Failure:
        """Describe an error for the author of the training code."""
        mask = mask_of(os.environ)
        return cls(type(error).__name__, mask.text(str(error)), mask.text(own_traceback(error, root)))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one call left behind; `model` is its model folder, None where it wrote none."""

    state: State
    hyperparameters: Mapping[str, Any]
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    figures: Sequence[str] = ()
    feature_use: Sequence[Mapping[str, Any]] = ()
    reports: Sequence[float] = ()
    model: Path | None = None
    failure: Failure | None = None


def attempt(plan: Plan, hyperparameters: Mapping[str, Any], folder: Path, *, race: Race | None = None) -> Attempt:
    """Call the training function once, its model and figures below `folder`; every error of it becomes a `Failure`."""
    context = _context(plan, hyperparameters, folder, race or Race())
    state: State = "succeeded"
    failure = None
    try:
        _seed(plan.config.seed)
        load(plan.config.entrypoint, plan.config.root)(context)
        context.write()  # a trial that fell behind when it saved may have logged a better metric since
        _check(context)
    except TrialPrunedError as error:
        state, failure = "pruned", Failure("pruned", error.message)
    except CancelledError as error:
        state, failure = "cancelled", Failure("cancelled", error.message)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever user code raises is told to its author
        state, failure = "failed", Failure.of(error, plan.config.root)
    context.log.flush()
    return Attempt(
        state,
        dict(hyperparameters),
        context.log.metrics,
        context.log.params,
        context.log.figures,
        context.features.used,
        context.race.reports,
        context.model_dir if (context.model_dir / MANIFEST).is_file() else None,
        failure,
    )


def _context(plan: Plan, hyperparameters: Mapping[str, Any], folder: Path, race: Race) -> TrainContext:
    config, around = plan.config, plan.around
    model, checkpoints = folder / "model", folder / "checkpoint"
    for directory in (model, checkpoints):
        directory.mkdir(parents=True, exist_ok=True)
    return TrainContext(
        inputs={name: Input(staged.path) for name, staged in plan.inputs.items()},
        features=Features(config.offline, config.views),
        model_dir=model,
        checkpoint_dir=checkpoints,
        hyperparameters=dict(hyperparameters),
        rank=around.rank,
        world_size=around.world_size,
        seed=config.seed,
        now=config.now,
        log=RunLog(DirectoryStore(folder)),
        checkpoints=Checkpoints(checkpoints, period=config.checkpoint, stop=plan.stop),
        race=race,
        lineage=plan.lineage,
        allow_formats=config.allow_formats,
    )


def _seed(seed: int) -> None:
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  libraries that take no generator read the global one


def _check(context: TrainContext) -> None:
    wrote = context.unsaved is not None or (context.model_dir / MANIFEST).is_file()
    if context.rank == 0 and not wrote:
        raise TrainingFailedError(
            "the training code wrote no model", remedy="end it with context.save(model, sample=…, reference=…)"
        )
