"""One batch run: every chunk of the source becomes a part, and a manifest says when all of them are there.

A run writes below `<to>/run=<moment>/`. Killed anywhere, the same run goes on after the last part that was written.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from modelwright.canonical import canonical, check_schema, parse_timestamp, timestamp
from modelwright.errors import IntegrityError
from modelwright.store import DirectoryStore, local_path, open_store
from modelwright.workload.batch.answering import Answer, Answering, refusing_rule
from modelwright.workload.batch.source import Chunk, Enriching, Source
from modelwright.workload.capture import Capture, Captured
from modelwright.workload.ids import share
from modelwright.workload.model_folder import LoadedModel, load_model
from modelwright.workload.rows import Columns, write_parquet
from modelwright.workload.serve.config import ServeConfig, read_config
from modelwright.workload.serve.guardrails import fallbacks_of
from modelwright.workload.serve.service import REJECTED, doubts
from modelwright.workload.table import to_columns, to_rows

_HEX = 64
_MANIFEST, _JOB = "_manifest.json", "_job.json"


def run(config: Mapping[str, Any]) -> int:
    """Score as `batch/1` says, print the manifest in short, and return the exit status."""
    check_schema(config, "batch", 1)
    scoring = Scoring(config)
    manifest = scoring.run()
    json.dump({name: manifest[name] for name in ("endpoint", "version", "to", "rows", "errors")}, sys.stdout)
    sys.stdout.write("\n")
    return 0


class Scoring:
    """One run over one source with one version."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._at = parse_timestamp(config["at"])
        self._serving = _serving(config)
        self._model = _load(config["model"], self._serving)
        fallbacks = fallbacks_of(self._serving.guardrails, self._serving.fallback)
        self._answering = Answering(
            self._serving, self._model, {name: _load(uri, self._serving) for name, uri in fallbacks.items()}, self._at
        )
        self._folder = local_path(config["to"]) / f"run={self._at:%Y%m%dT%H%M%SZ}"
        self._store = DirectoryStore(self._folder)
        self._source = Source(config["source"], self._wanted(), self._needed())
        uses = self._model.manifest.get("feature_use") or ()
        features = config.get("features") or {}
        self._enriching = Enriching(features, uses, self._source.types, self._serving.event_time)
        self._riders = {key for use in uses for key in use["entity"]} - set(self._model.signature.names)
        self._capture = _capture(self._serving)

    def run(self) -> dict[str, Any]:
        """Write the parts that are missing, then the manifest, and return it."""
        there = self._store.get(_MANIFEST)
        self._claim()
        if there is not None:
            found: dict[str, Any] = json.loads(there)
            return found
        done = frozenset(path.name for path in self._folder.glob("part-*.parquet"))
        for chunk in self._source.chunks(done):
            self._score(chunk)
        self._answering.close()
        manifest = self._manifest()
        self._store.put(_MANIFEST, canonical(manifest))
        return manifest

    def _claim(self) -> None:
        """Say once what this run is. Raises `IntegrityError` if the folder belongs to another one."""
        job = {
            "schema": "modelwright.scoring/1",
            "model": self._model.digest,
            "version": self._config.get("version"),
            "source": self._source.digest,
        }
        data = canonical(job)
        if not self._store.create(_JOB, data) and self._store.get(_JOB) != data:
            raise IntegrityError(
                "another run of this moment has begun with another version or other rows",
                where=str(self._folder),
                remedy="run it again as of a later moment",
            )

    def _score(self, chunk: Chunk) -> None:
        columns = self._enriching.fill(chunk.columns, self._at)
        known = {*self._model.signature.names, *self._serving.keys, self._serving.event_time, *self._riders}
        rows = to_rows({name: values for name, values in columns.items() if name in known})
        answers = self._answering.answer(rows)
        if self._capture is not None:
            self._capture.add(self._captured(chunk, rows, answers))
            self._capture.flush()
        write_parquet(self._folder / chunk.name, self._part(chunk, answers))

    def _part(self, chunk: Chunk, answers: Sequence[Answer]) -> Columns:
        kept = [name for name in (*self._serving.keys, self._serving.event_time) if name in chunk.columns]
        columns: Columns = {str(name): chunk.columns[str(name)] for name in kept}
        columns["file"] = np.full(len(answers), chunk.path.name, dtype=object)
        columns["row"] = np.arange(chunk.first, chunk.first + len(answers))
        outputs = to_columns([_flat(answer) for answer in answers])
        return columns | {name: _typed(values) for name, values in outputs.items()}

    def _captured(self, chunk: Chunk, rows: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> list[Captured]:
        names, keys = self._model.signature.names, self._serving.keys
        found = []
        for number, (row, answer) in enumerate(zip(rows, answers, strict=True), start=chunk.first):
            identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._folder.as_uri()}/{chunk.file}/{number}"))
            rule = refusing_rule(answer)
            if ("error" in answer and not rule) or share(identifier) >= self._serving.capture.fraction:
                continue
            event = self._event(row)
            at = self._moment(event)
            named = {name: row[name] for name in keys if name in row}
            flags = [rule, REJECTED] if rule else answer.get("flags", ())
            found.append(
                Captured(
                    id=identifier,
                    at=at,
                    received=self._at,
                    keys=named,
                    inputs={name: row.get(name) for name in names},
                    output={} if rule else answer,
                    flags=[*flags, *doubts(keys, named, event, at)],
                    ms=0.0,
                )
            )
        return found

    def _event(self, row: Mapping[str, Any]) -> datetime | None:
        text = row.get(self._serving.event_time or "")
        return parse_timestamp(text) if isinstance(text, str) else None

    def _moment(self, event: datetime | None) -> datetime:
        if event is None:
            return self._at
        apart = abs((event - self._at).total_seconds())
        return event if apart <= self._serving.event_time_tolerance else self._at

    def _manifest(self) -> dict[str, Any]:
        parts = sorted(path for path in self._folder.glob("part-*.parquet"))
        rows, errors = _counted(parts)
        return {
            "schema": "modelwright.scores/1",
            "endpoint": self._config["endpoint"],
            "version": self._config.get("version"),
            "release": self._config.get("release"),
            "model": self._model.digest,
            "source": self._config["source"],
            "to": self._folder.as_uri(),
            "at": timestamp(self._at),
            "parts": [{"path": path.name, "bytes": path.stat().st_size} for path in parts],
            "rows": rows,
            "errors": errors,
        }

    def _wanted(self) -> list[str]:
        uses = self._model.manifest.get("feature_use") or ()
        entities = [key for use in uses for key in use["entity"]]
        time = [self._serving.event_time] if self._serving.event_time else []
        return list(dict.fromkeys([*self._model.signature.names, *self._serving.keys, *entities, *time]))

    def _needed(self) -> list[str]:
        features = {column for use in self._model.manifest.get("feature_use") or () for column in use["columns"]}
        lenient = {rule.column for rule in self._serving.guardrails if rule.kind == "missing"}
        inputs = [name for name in self._model.signature.names if name not in features | lenient]
        return [*inputs, *self._serving.keys]


def _serving(config: Mapping[str, Any]) -> ServeConfig:
    """Return the serving config that a batch config describes: the same rules, no features read online."""
    document = {name: value for name, value in config.items() if name != "features"}
    found = read_config({**document, "schema": "modelwright.serve/1", "capture": config.get("capture") or {}})
    return replace(found, variant=f"v{config.get('version')}-r{config.get('release')}")


def _load(uri: str, serving: ServeConfig) -> LoadedModel:
    folder = local_path(uri)
    return load_model(folder, f"sha256:{folder.name}" if len(folder.name) == _HEX else None, opt_in=serving.opt_in)


def _capture(serving: ServeConfig) -> Capture | None:
    if not serving.capture.to or serving.capture.fraction <= 0:
        return None
    origin = {"release": serving.release, "version": serving.version, "variant": serving.variant}
    return Capture(open_store(serving.capture.to), endpoint=serving.endpoint, origin=origin)


def _flat(answer: Answer) -> dict[str, Any]:
    shares = {f"probability_{name}": share for name, share in (answer.get("probabilities") or {}).items()}
    flags = {"flags": json.dumps(answer["flags"])} if "flags" in answer else {}
    return {n: v for n, v in answer.items() if n not in {"probabilities", "flags"}} | shares | flags


def _typed(values: Any) -> Any:
    """Return values that one Parquet column can hold: an answer that is a list or a mapping becomes JSON."""
    if values.dtype != object or values.ndim != 1:
        return values if values.ndim == 1 else np.array([json.dumps(row.tolist()) for row in values], dtype=object)
    return np.array([json.dumps(v) if isinstance(v, list | dict) else v for v in values], dtype=object)


def _counted(parts: Sequence[Path]) -> tuple[int, int]:
    from modelwright.workload.rows import connect, query, scan_of, types_of

    if not parts:
        return 0, 0
    with connect() as connection:
        scan = scan_of(parts, hive=False)
        errors = "count(error)" if "error" in types_of(connection, scan) else "0"
        found = query(connection, f"SELECT count(*) AS n, {errors} AS e FROM {scan}")  # noqa: S608  our own parts
        return int(found["n"][0]), int(found["e"][0])
