"""One evaluation: candidate and baseline on the same held-out rows, with confidence from resampling whole blocks."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from modelwright.canonical import canonical, check_schema
from modelwright.errors import IntegrityError, ModelwrightError
from modelwright.stats.compare import compare, estimate
from modelwright.stats.metrics import metric
from modelwright.store import Store, local_path, open_store
from modelwright.workload.evaluate.checking import checked
from modelwright.workload.evaluate.held_out import HeldOut, NothingLeftError, load_held_out
from modelwright.workload.evaluate.scoring import Scored, score
from modelwright.workload.model_folder import LoadedModel, load_model

_HEX = 64
_MOST_KEPT = 200_000


def run(config: Mapping[str, Any]) -> int:
    """Evaluate as `evaluate/1` says, write the result, print it in short, and return the exit status.

    A candidate that fails and rows that leak are results too (`status` is `failed`), not failures of the job.
    """
    check_schema(config, "evaluate", 1)
    store = open_store(config["output"])
    key = f"evaluations/{config['evaluation']}/result.json"
    try:
        result = evaluate(config, store)
    except ModelwrightError as error:
        result = _failed(config, error)
    data = canonical(result)
    if not store.create(key, data) and store.get(key) != data:
        raise IntegrityError("this evaluation has another result already", where=key, remedy="use a new id")
    json.dump({name: result[name] for name in ("evaluation", "status", "rows", "metrics")}, sys.stdout)
    sys.stdout.write("\n")
    return 0


def evaluate(config: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """Return the document `modelwright.evaluation/1`; answers are kept beside it."""
    candidates = {int(each["version"]): _load(each["model"]) for each in config["candidates"]}
    rows = load_held_out(config, candidates)
    scored = [score(version, model, rows.columns) for version, model in candidates.items()]
    _keep(store, config["evaluation"], rows, scored)
    leaked = {"type": "Leak", "message": _leak_text(rows.leaks)} if rows.leaks else None
    return {
        **_head(config),
        "status": "failed" if leaked else "succeeded",
        "error": leaked,
        "rows": rows.rows,
        "blocks": rows.block_names,
        "data": rows.digest,
        "metrics": {str(each.version): _metrics(config, rows, each) for each in scored},
        "comparisons": _comparisons(config, rows, scored),
        "checks": [
            checked(check, rows, scored[0], candidates[scored[0].version]) for check in config.get("checks") or ()
        ],
        "leaks": list(rows.leaks),
    }


def _head(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "schema": "modelwright.evaluation/1",
        "evaluation": config["evaluation"],
        "model": config["model"],
        "versions": [int(each["version"]) for each in config["candidates"]],
    }


def _failed(config: Mapping[str, Any], error: ModelwrightError) -> dict[str, Any]:
    leaks = list(error.leaks) if isinstance(error, NothingLeftError) else []
    document = {"type": type(error).__name__, **error.to_dict()}
    empty: dict[str, Any] = {"rows": 0, "blocks": [], "data": None, "metrics": {}, "comparisons": [], "checks": []}
    return {**_head(config), "status": "failed", "error": document, **empty, "leaks": leaks}


def _leak_text(leaks: Sequence[Mapping[str, Any]]) -> str:
    parts = [f"version {leak['version']} was trained on {len(leak['blocks'])} of the held-out blocks" for leak in leaks]
    return "; ".join(parts)


def _load(uri: str) -> LoadedModel:
    folder = local_path(uri)
    return load_model(folder, f"sha256:{folder.name}" if len(folder.name) == _HEX else None)


def _metrics(config: Mapping[str, Any], rows: HeldOut, scored: Scored) -> dict[str, Any]:
    found = {}
    for name in _measured(config):
        answer = estimate(
            name,
            rows.labels,
            scored.predictions(metric(name)),
            rows.blocks,
            resamples=int(config.get("resamples") or 1000),
            seed=int(config.get("seed") or 0),
            positive=_positive(name, scored),
        )
        interval = list(answer.interval) if answer.interval else None
        found[name] = {"value": answer.value, "interval": interval, "reason": answer.reason}
    return found


def _measured(config: Mapping[str, Any]) -> list[str]:
    compared = [each["metric"] for each in config.get("comparisons") or ()]
    return list(dict.fromkeys([*(config.get("metrics") or ()), *compared]))


def _comparisons(config: Mapping[str, Any], rows: HeldOut, scored: Sequence[Scored]) -> list[dict[str, Any]]:
    if len(scored) < 2:  # noqa: PLR2004  nobody to compare with
        return []
    candidate, baseline = scored[0], scored[1]
    found = []
    for asked in config.get("comparisons") or ():
        chosen = metric(asked["metric"])
        answer = compare(
            chosen,
            rows.labels,
            candidate.predictions(chosen),
            baseline.predictions(chosen),
            rows.blocks,
            by=float(asked.get("by") or 0.0),
            confidence=float(asked.get("confidence") or 0.95),
            resamples=int(config.get("resamples") or 1000),
            seed=int(config.get("seed") or 0),
            positive=_positive(chosen.name, candidate),
        )
        versions = {"candidate": candidate.version, "baseline": baseline.version}
        interval = list(answer.interval) if answer.interval else None
        found.append({**asdict(answer), **versions, "interval": interval})
    return found


def _positive(name: str, scored: Scored) -> Any:
    return scored.positive if metric(name).truth == "binary" else None


def _keep(store: Store, evaluation: str, rows: HeldOut, scored: Sequence[Scored]) -> None:
    """Keep labels and answers for whoever wants to look closer; not for very many rows."""
    if rows.rows > _MOST_KEPT:
        return
    answers = {str(each.version): each.outputs.rows() for each in scored}
    blocks = None if rows.blocks is None else rows.blocks.tolist()
    document = {"labels": rows.labels.tolist(), "blocks": blocks, "answers": answers}
    store.create(f"evaluations/{evaluation}/answers.json.gz", gzip.compress(_json(document), mtime=0))


def _json(document: Mapping[str, Any]) -> bytes:
    import msgspec

    return msgspec.json.encode(document)
