"""The rows to judge versions on: those held out, in a span of time, without any block that a candidate has seen."""
# ruff: noqa: S608 - identifiers went through `quoted`, texts through `literal`, the condition is the project's own

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.canonical import digest_of, parse_timestamp
from modelwright.errors import DataError
from modelwright.store import local_path
from modelwright.workload.blocks import block_sql
from modelwright.workload.offline import OfflineFeatures
from modelwright.workload.rows import (
    Columns,
    checked_types,
    connect,
    files_of,
    literal,
    query,
    quoted,
    refuse_naive,
    scan_of,
    selection,
)
from modelwright.workload.staging import files_digest, input_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelwright.workload.model_folder import LoadedModel

_BLOCK = "__block"


class NothingLeftError(DataError):
    """No row to judge on; `leaks` lists the blocks that were left out because a candidate was trained on them."""

    def __init__(self, message: str, *, where: str, leaks: tuple[dict[str, Any], ...]) -> None:
        remedy = "candidates were trained on them" if leaks else "check the holdout, the span of time and the labels"
        super().__init__(message, where=where, remedy=remedy)
        self.leaks = leaks


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Rows with their labels; `blocks` has one entry per row, or is None when every row is its own."""

    columns: Columns
    labels: NDArray[Any]
    blocks: NDArray[Any] | None
    digest: str
    leaks: tuple[dict[str, Any], ...]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.labels)

    @property
    def block_names(self) -> list[str]:
        """The blocks that have rows, sorted."""
        return [] if self.blocks is None else sorted({str(name) for name in self.blocks.tolist()})


def load_held_out(config: Mapping[str, Any], candidates: Mapping[int, LoadedModel]) -> HeldOut:
    """Read the rows that a config describes, with the features that the candidates were trained with.

    Only the columns that a candidate reads are read. Rows without a label or block are left out; blocks that a
    candidate was trained on are left out and listed in `leaks`.
    Raises `DataError` for missing columns, a condition that cannot be evaluated, or when no row is left.
    """
    label = config.get("label")
    if not label:
        raise DataError("there is no label to judge by", remedy='say Model(…, label="<column>")')
    uses = [use for model in candidates.values() for use in model.manifest.get("feature_use") or ()]
    columns = _needed(config, candidates, uses)
    found = _read(config, columns, joins=bool(uses and config.get("time")))
    labels = found[label]
    blocks = found.pop(_BLOCK, None)
    leaks = _leaks(config, candidates, blocks)
    if blocks is not None and leaks:
        seen = {name for leak in leaks for name in leak["blocks"]}
        kept = np.array([name not in seen for name in blocks.tolist()], dtype=bool)
        found, labels, blocks = {n: v[kept] for n, v in found.items()}, labels[kept], blocks[kept]
    if not len(labels):
        raise NothingLeftError("no held-out row is left to judge on", where=config["data"], leaks=leaks)
    digest = _digest(config, len(labels), blocks)
    return HeldOut(_with_features(config, found, uses), labels, blocks, digest, leaks)


def _needed(
    config: Mapping[str, Any], candidates: Mapping[int, LoadedModel], uses: Sequence[Mapping[str, Any]]
) -> list[str]:
    inputs = [name for model in candidates.values() for name in model.signature.names]
    features = {name for use in uses for name in use["columns"]}
    entities = [name for use in uses for name in use["entity"]]
    time = [config["time"]] if config.get("time") else []
    groups = [check["group"] for check in config.get("checks") or () if check.get("kind") == "bias"]
    wanted = [*(name for name in inputs if name not in features), *entities, *time, *groups, config["label"]]
    return list(dict.fromkeys(wanted))


def _read(config: Mapping[str, Any], columns: Sequence[str], *, joins: bool) -> Columns:
    with connect() as connection:
        scan = scan_of(files_of(config["data"]))
        types = checked_types(connection, scan, columns, where=config["data"])
        if joins:
            refuse_naive(types, config["time"], where=config["data"])
        block = block_sql(config["block"], config.get("time")) if config.get("block") else None
        extra = f", {block} AS {_BLOCK}" if block else ""
        conditions = [f"({config['where']})"] if config.get("where") else []
        conditions += [f"{quoted(config['label'])} IS NOT NULL", *([f"{block} IS NOT NULL"] if block else [])]
        conditions += _span(config)
        table = f"(SELECT *{extra} FROM {scan} WHERE {' AND '.join(conditions)})"
        chosen = {name: types[name] for name in columns} | ({_BLOCK: "VARCHAR"} if block else {})
        return query(connection, selection(chosen, table))


def _span(config: Mapping[str, Any]) -> list[str]:
    column = config.get("time")
    found = []
    for word, sign in (("since", ">="), ("until", "<")):
        if config.get(word) and column:
            moment = parse_timestamp(config[word]).replace(tzinfo=None).isoformat(sep=" ")
            found.append(f"CAST({quoted(column)} AS TIMESTAMP) {sign} TIMESTAMP {literal(moment)}")
    return found


def _leaks(
    config: Mapping[str, Any], candidates: Mapping[int, LoadedModel], blocks: NDArray[Any] | None
) -> tuple[dict[str, Any], ...]:
    held = set() if blocks is None else set(blocks.tolist())
    leaks = []
    for version, model in candidates.items():
        trained = model.manifest.get("training_data") or {}
        seen = sorted({name for entry in trained.values() for name in entry.get("blocks") or ()} & held)
        if seen:
            leaks.append({"version": version, "blocks": seen})
        elif not config.get("where") and _same_data(config, trained):
            leaks.append({"version": version, "blocks": sorted(held)})
    return tuple(leaks)


def _same_data(config: Mapping[str, Any], trained: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a candidate was trained on all of these files: without a holdout, digests are what can tell."""
    digests = {entry.get("digest") for entry in trained.values() if entry.get("blocks") is None}
    root = local_path(config["data"])
    return bool(digests) and root.exists() and files_digest(root, input_files(root)) in digests


def _digest(config: Mapping[str, Any], rows: int, blocks: NDArray[Any] | None) -> str:
    root = local_path(config["data"])
    listing = [[path.name, path.stat().st_size] for path in files_of(config["data"])]
    counted = [] if blocks is None else _counts(blocks)
    span = [config.get(word) for word in ("where", "since", "until", "label", "block")]
    return digest_of([root.name, listing, rows, counted, span])


def _counts(blocks: NDArray[Any]) -> list[list[Any]]:
    names, counts = np.unique(blocks.astype(str), return_counts=True)
    return [names.tolist(), counts.tolist()]


def _with_features(config: Mapping[str, Any], columns: Columns, uses: Sequence[Mapping[str, Any]]) -> Columns:
    if not uses:
        return columns
    features = config.get("features") or {}
    time = config.get("time")
    if not features.get("offline") or not time:
        raise DataError("a candidate was trained with features, and the evaluation has no offline store or no time")
    schemas = {view["name"]: view["schema"] for view in features.get("views") or ()}
    offline = OfflineFeatures(features["offline"], features.get("views") or ())
    for use in {use["view"]: use for use in uses}.values():
        if schemas.get(use["view"]) != use["schema"]:
            raise DataError(
                f"a candidate was trained on view {use['view']} with schema {use['schema']}; "
                f"there is {schemas.get(use['view'], 'no such view')}"
            )
        columns, _ = offline.join(columns, use["view"], on=use["entity"], at=time)
    return columns
