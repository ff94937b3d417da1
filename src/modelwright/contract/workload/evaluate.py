"""The config of judging versions on the same held-out rows."""

from __future__ import annotations

from modelwright.assembly.value import Slot, Value
from modelwright.contract.lowered import Lowered
from modelwright.contract.workload.features import offline_features, views_of
from modelwright.spec.gates import Beats, Passes
from modelwright.spec.model_registry import Model

RESAMPLES = 1000


def evaluation_config(model: Model, lowered: Lowered) -> dict[str, Value]:
    """Return the config of an evaluation; open: `evaluation`, `candidates`, `since`, `until`."""
    gates = model.gates_for(lowered.project.environment_name)
    beats = [gate for gate in gates if isinstance(gate, Beats)]
    return {
        "schema": "modelwright.evaluate/1",
        "evaluation": Slot("evaluation"),
        "model": model.name,
        "candidates": Slot("candidates"),
        "data": lowered.data(model.evaluation) if model.evaluation else None,
        "where": model.holdout.to_sql() if model.holdout else None,
        "block": model.block,
        "time": model.timestamp,
        "since": Slot("since"),
        "until": Slot("until"),
        "label": model.label,
        "features": offline_features(views_of(lowered.project, model), lowered),
        "metrics": list(model.metrics),
        "comparisons": [{"metric": gate.metric, "by": gate.by, "confidence": gate.confidence} for gate in beats],
        "checks": [gate.check.document() for gate in gates if isinstance(gate, Passes)],
        "resamples": RESAMPLES,
        "seed": 0,
        "output": lowered.foundation.control,
    }
