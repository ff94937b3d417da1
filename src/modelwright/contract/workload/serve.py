"""The config of a server of one variant."""

from __future__ import annotations

from modelwright.assembly.value import Slot, Value
from modelwright.contract.lowered import Lowered
from modelwright.contract.workload.features import online_features, views_served
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.project import Resolved

_REST_AFTER = 300.0
"""Seconds: the default cooldown of an `Autoscale`."""


def serving_config(endpoint: Endpoint, lowered: Lowered) -> dict[str, Value]:
    """Return the config of a variant; a release alone knows `model_uri`, `version`, `variant`, `release`.

    Where a guardrail falls back, the slot `fallback` takes `{"delay:3": {"model": uri}}` for each version named.
    """
    return {
        "schema": "modelwright.serve/1",
        "endpoint": endpoint.name,
        "release": Slot("release"),
        "version": Slot("version"),
        "variant": Slot("variant"),
        "model": Slot("model_uri"),
        "model_name": _model_name(endpoint),
        "features": online_features(views_served(lowered.project, endpoint), lowered),
        "limits": {
            "body_bytes": endpoint.max_body.bytes,
            "queue": endpoint.queue,
            "timeout": endpoint.timeout.seconds,
            "idle_after": _idle_after(endpoint),
        },
        "opt_in": allowed_formats(lowered.project, endpoint),
        **answering(endpoint, lowered),
    }


def _model_name(endpoint: Endpoint) -> str | None:
    """Return the name of the one model that answers here; None where several do, which no path could tell apart."""
    names = {reference.model for reference in (*endpoint.serves, *([endpoint.shadow] if endpoint.shadow else []))}
    return names.pop() if len(names) == 1 else None


def _idle_after(endpoint: Endpoint) -> float | None:
    """Return after how many quiet seconds a server may rest until the next request; None if it never does."""
    if endpoint.mode != "serverless" and endpoint.instances.minimum > 0:
        return None
    return endpoint.autoscale.cooldown.seconds if endpoint.autoscale else _REST_AFTER


def answering(endpoint: Endpoint, lowered: Lowered) -> dict[str, Value]:
    """Return what an endpoint does with rows and answers, online and in batches alike."""
    return {
        "keys": list(endpoint.keys),
        "event_time": endpoint.event_time,
        "event_time_tolerance": endpoint.event_time_tolerance.seconds,
        "capture": {"to": lowered.foundation.control, "fraction": endpoint.capture},
        "guardrails": [guardrail.document() for guardrail in endpoint.guardrails],
        "fallback": Slot("fallback") if any(guardrail.to for guardrail in endpoint.guardrails) else {},
    }


def allowed_formats(project: Resolved, endpoint: Endpoint) -> list[str]:
    """Return the model formats that execute code, as far as the jobs of the endpoint's models allow them by name."""
    jobs = [project.inventory.job_of(reference.model) for reference in endpoint.references]
    return sorted({name for job in jobs if job for name in job.allow_formats})
