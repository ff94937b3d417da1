"""The configs of scoring rows as a job."""

from __future__ import annotations

from modelwright.assembly.value import Slot, Value
from modelwright.contract.lowered import Lowered
from modelwright.contract.workload.features import offline_features, views_of, views_served
from modelwright.contract.workload.serve import allowed_formats, answering
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.model_registry import Model


def batch_config(endpoint: Endpoint, lowered: Lowered) -> dict[str, Value]:
    """Return the config of one run of a batch endpoint over its declared rows."""
    return {
        **_scoring(endpoint.name),
        **answering(endpoint, lowered),
        "source": lowered.data(endpoint.source) if endpoint.source else Slot("source"),
        "to": lowered.data(endpoint.to) if endpoint.to else Slot("to"),
        "features": offline_features(views_served(lowered.project, endpoint), lowered),
        "opt_in": allowed_formats(lowered.project, endpoint),
    }


def model_batch_config(model: Model, lowered: Lowered) -> dict[str, Value]:
    """Return the config of scoring any rows with a version of a model; open besides: `source`, `to`."""
    job = lowered.project.inventory.job_of(model.name)
    return {
        **_scoring(model.name),
        "source": Slot("source"),
        "to": Slot("to"),
        "features": offline_features(views_of(lowered.project, model), lowered),
        "keys": [],
        "event_time": model.timestamp,
        "event_time_tolerance": 0.0,
        "capture": None,
        "guardrails": [],
        "fallback": {},
        "opt_in": list(job.allow_formats) if job else [],
    }


def _scoring(name: str) -> dict[str, Value]:
    return {
        "schema": "modelwright.batch/1",
        "endpoint": name,
        "model": Slot("model_uri"),
        "version": Slot("version"),
        "release": Slot("release"),
        "at": Slot("at"),
    }
