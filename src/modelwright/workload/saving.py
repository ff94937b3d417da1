"""How training code's `save` becomes a model folder: the profile with its replayed windows, and the model's lineage."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelwright.errors import DataError, ModelFormatError, UsageError
from modelwright.workload.table import Columns, length

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """What training code handed to `save`; `opt_in` names ways of loading that run code."""

    model: Any
    sample: Any
    reference: Any = None
    labels: Any = None
    time: Any = None
    window: str | float = "7d"
    format: str | None = None
    opt_in: tuple[str, ...] = ()


def write_model(
    request: SaveRequest, folder: Path, lineage: Mapping[str, Any], allowed: frozenset[str] | None = None
) -> None:
    """Write the model's folder; a model that was there before is replaced.

    `allowed` are the opt-ins of the project's training job, None for any. Raises `ModelFormatError` for a model that
    cannot be saved safely and `DataError` for tables that do not fit together.
    """
    from modelwright.workload.model_folder import save_model

    refused = sorted(set(request.opt_in) - allowed) if allowed is not None else []
    if refused:
        raise ModelFormatError(
            f"the job does not allow models of the kind {', '.join(refused)}",
            remedy=f"TrainingJob(…, allow_formats={refused!r})",
        )
    shutil.rmtree(folder, ignore_errors=True)
    save_model(
        folder,
        request.model,
        sample=request.sample,
        reference=request.reference,
        labels=request.labels,
        format=request.format,
        opt_in=request.opt_in,
        profile=_profiler(request) if request.reference is not None else None,
        extra=lineage,
    )


def _profiler(request: SaveRequest) -> Any:
    def profile(inputs: Columns, outputs: Columns) -> bytes:
        from modelwright.stats.profile import profile_columns

        _check_lengths(request, length(inputs))
        flat = {name: values for name, values in {**inputs, **outputs}.items() if values.ndim == 1}
        found = profile_columns(flat)
        if request.time is not None:
            from modelwright.stats.thresholds import replay

            found = found.with_replay(replay(found, flat, _times(request.time), seconds(request.window)))
        return found.to_bytes()

    return profile


def _check_lengths(request: SaveRequest, rows: int) -> None:
    for what, values in (("labels", request.labels), ("times", request.time)):
        if values is not None and len(values) != rows:
            raise DataError(f"{len(values)} {what} for {rows} reference rows")


def _times(values: Any) -> Any:
    """Return event times as `datetime64`, which has no zone: pandas' aware times become UTC."""
    aware = getattr(getattr(values, "dt", None), "tz", None)
    return values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy() if aware is not None else values


def seconds(duration: str | float) -> float:
    """Return the seconds of `"7d"` or of a number. Raises `UsageError` for anything else."""
    if isinstance(duration, int | float) and duration > 0:
        return float(duration)
    found = _DURATION.fullmatch(str(duration).strip())
    if found is None or float(found[1]) <= 0:
        raise UsageError(f"{duration!r} is no duration", remedy="write it as 30m, 24h, 7d")
    return float(found[1]) * _SECONDS[found[2]]
