"""Gates' checks on the held-out rows: the monitor's own measures, against the candidate's own reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modelwright.workload.evaluate.held_out import HeldOut
from modelwright.workload.evaluate.scoring import Scored
from modelwright.workload.monitor.captures import Predictions
from modelwright.workload.monitor.checks import checks_of
from modelwright.workload.monitor.measures.finding import Finding
from modelwright.workload.monitor.measures.measuring import findings_of
from modelwright.workload.monitor.sample import Baseline, Sample
from modelwright.workload.truth import Truth

if TYPE_CHECKING:
    from modelwright.workload.model_folder import LoadedModel

_THEN = datetime(1970, 1, 1, tzinfo=UTC)
_WORST = ("violated", "error", "ok", "insufficient")


def checked(check: Mapping[str, Any], rows: HeldOut, scored: Scored, model: LoadedModel) -> dict[str, Any]:
    """Return a check's declaration, its status (the worst of its columns) and what it found."""
    (known,) = checks_of({"checks": [check]})
    found = findings_of(known, _sample(rows, scored, model), window=0.0, least=1)
    statuses = {finding.status for finding in found}
    status = next((each for each in _WORST if each in statuses), "insufficient")
    return {"check": dict(check), "status": status, "findings": [_document(finding) for finding in found]}


def _sample(rows: HeldOut, scored: Scored, model: LoadedModel) -> Sample:
    predictions = Predictions([()] * rows.rows, rows.columns, scored.outputs.columns(), {})
    truth: list[Truth | None] = [Truth(label, {}, _THEN, "") for label in rows.labels.tolist()]
    release = {"profile": model.manifest.get("profile"), "model": model.folder.as_uri()}
    return Sample(predictions, truth, Baseline(None, release, model), seed=0)


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "column": finding.column,
        "status": finding.status,
        "value": finding.value,
        "interval": list(finding.interval) if finding.interval else None,
        "message": finding.message,
        **finding.said,
    }
