"""What a training process is told: the parsed `modelwright.train/1` document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from modelwright.canonical import check_schema, parse_timestamp
from modelwright.errors import UsageError
from modelwright.store import Store, local_path, open_store
from modelwright.workload.staging import Holdout


@dataclass(frozen=True, slots=True)
class TuningConfig:
    """A search: `space` maps a hyperparameter to its JSON form, as `search.Space` reads it."""

    objective: str
    direction: Literal["maximize", "minimize"]
    trials: int
    parallel: int
    space: Mapping[str, Any]
    method: Literal["auto", "tpe", "random"] = "auto"
    timeout: float | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TuningConfig:
        """Read the `tuning` of a training config. Raises `UsageError` for an unknown direction and for no trials."""
        direction = document.get("direction", "maximize")
        if direction not in ("maximize", "minimize"):
            raise UsageError(f"tuning direction {direction!r}", remedy="one of: maximize, minimize")
        trials, parallel = int(document["trials"]), int(document.get("parallel") or 1)
        if trials < 1 or parallel < 1:
            raise UsageError(f"{trials} trials, {parallel} in parallel: both must be at least 1")
        return cls(
            document["objective"],
            direction,
            trials,
            parallel,
            dict(document["space"]),
            document.get("method") or "auto",
            document.get("timeout"),
        )


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One run: what to call, with which data, and the control store's address `output` that takes `runs/<run>/`."""

    job: str
    run: str
    entrypoint: str
    root: Path
    inputs: Mapping[str, str]
    offline: str | None
    views: tuple[Mapping[str, Any], ...]
    hyperparameters: Mapping[str, Any]
    output: str
    now: datetime
    seed: int = 0
    checkpoint: float | None = None
    holdout: Holdout | None = None
    tuning: TuningConfig | None = None
    allow_formats: frozenset[str] | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TrainConfig:
        """Read a `modelwright.train/1` document.

        Raises `UsageError` for a missing part, `FormatVersionError` for a newer document.
        """
        check_schema(document, "train", 1)
        features = document.get("features") or {}
        holdout, tuning, allowed = document.get("holdout"), document.get("tuning"), document.get("allow_formats")
        try:
            return cls(
                job=document["job"],
                run=document["run"],
                entrypoint=document["entrypoint"],
                root=local_path(document["root"]).resolve(),
                inputs={name: item["uri"] for name, item in (document.get("inputs") or {}).items()},
                offline=features.get("offline"),
                views=tuple(features.get("views") or ()),
                hyperparameters=dict(document.get("hyperparameters") or {}),
                output=document["output"],
                now=parse_timestamp(document["now"]),
                seed=int(document.get("seed") or 0),
                checkpoint=document.get("checkpoint"),
                holdout=Holdout.from_json(holdout) if holdout else None,
                tuning=TuningConfig.from_json(tuning) if tuning else None,
                allow_formats=None if allowed is None else frozenset(allowed),
            )
        except KeyError as error:
            raise UsageError(f"the training config has no {error}") from error

    def store(self) -> Store:
        """Return the run's own part of the control store."""
        return open_store(f"{self.output.rstrip('/')}/runs/{self.run}")
