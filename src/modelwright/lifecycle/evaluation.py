"""Evaluation jobs: candidate and baseline scored on the same held-out rows, by a job on the platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from modelwright.canonical import read_document, timestamp
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.record import Record
from modelwright.lifecycle.registration import model_state, model_uri
from modelwright.lifecycle.states import VersionState
from modelwright.store import place

_GATES = frozenset({"threshold", "beats", "passes"})


def baselines(record: Record, model: str) -> list[str]:
    """Return the aliases to compare a version with, one evaluation each: "" for none, nothing if no gate asks."""
    gates = record.gates(model)
    if not record.model(model).get("evaluation") or not any(gate["kind"] in _GATES for gate in gates):
        return []
    return list(dict.fromkeys(gate["alias"] for gate in gates if gate["kind"] == "beats")) or [""]


def start_evaluation(platform: LivePlatform, model: str, evaluation: str, versions: Sequence[VersionState]) -> None:
    """Start the job that scores `versions` (the candidate first) on the model's held-out rows known by now."""
    document = platform.record.model(model)
    now = platform.now()
    window = document.get("evaluation_window")
    slots = {
        "evaluation": evaluation,
        "candidates": [{"version": version.number, "model": model_uri(platform, version)} for version in versions],
        "since": timestamp(now - timedelta(seconds=window)) if window else None,
        "until": timestamp(now),
        "at": timestamp(now),
    }
    platform.driver.jobs.start(evaluation, platform.record.filled(f"{document['registry']}.{model}/evaluate", slots))


def evaluation_result(platform: LivePlatform, evaluation: str) -> dict[str, Any] | None:
    """Return `evaluations/<id>/result.json`, or None before it exists."""
    key = f"evaluations/{evaluation}/result.json"
    data = platform.store.get(key)
    if data is None:
        return None
    remedy = "restore it from a copy, or remove its folder and evaluate again"
    return read_document(data, "evaluation", 1, where=place(platform.store, key), remedy=remedy)


def sees_held_out_rows(platform: LivePlatform, model: str, number: int) -> str:
    """Return why a version must not be judged on held-out rows, or nothing.

    Rows are held out of the model's own training job. Another job that reads the same data sees all of them, and its
    manifest knows no blocks to compare.
    """
    document = platform.record.model(model)
    version = model_state(platform, model).versions[number]
    job = version.run.rpartition("-")[0]
    if not document.get("holdout") or job in {"", document.get("training")}:
        return ""
    inputs = platform.record.of_kind("training").get(job, {}).get("inputs", {})
    if document["evaluation"] not in inputs.values():
        return ""
    return f"{job} trains on all of {document['evaluation']}: no row of it is held out from version {number}"
