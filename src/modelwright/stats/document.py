"""The stored form of a profile: canonical JSON `modelwright.profile/1`, gzipped without time or name."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from modelwright.canonical import canonical, check_schema
from modelwright.errors import DataError
from modelwright.stats.categories import Categories
from modelwright.stats.numbers import Numbers
from modelwright.stats.profile import ColumnProfile, Profile
from modelwright.stats.replay import ReferenceDrift

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # RFC 1952: deflate, no flags, no time, best, unknown system

_LARGEST = 256 << 20


def encode(profile: Profile) -> bytes:
    """Return the gzipped document; the header is written by hand because Python versions differ in its last byte."""
    text = canonical(to_document(profile))
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(text) + packer.flush()
    return _HEADER + body + struct.pack("<II", zlib.crc32(text), len(text) & 0xFFFFFFFF)


def _unpacked(data: bytes) -> bytes:
    """Unpack up to the bound: profiles lie in model folders, which somebody else may have made."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise ValueError(f"it unpacks to more than {_LARGEST} bytes")
    return text


def decode(data: bytes) -> Profile:
    """Read a document. Raises `DataError` if it is damaged, `FormatVersionError` if it is of another schema."""
    try:
        document = json.loads(_unpacked(data))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise DataError(f"not a profile: {error}", remedy="a profile is gzipped JSON, modelwright.profile/1") from error
    if not isinstance(document, dict):
        raise DataError("not a profile: the document is no object")
    check_schema(document, "profile", 1)
    try:
        return from_document(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"not a profile: {error!r}") from error


def to_document(profile: Profile) -> dict[str, Any]:
    """Return the profile as plain JSON values."""
    return {
        "schema": "modelwright.profile/1",
        "rows": profile.rows,
        "columns": [{"name": name, **_column(column)} for name, column in profile.columns.items()],
        "replays": [_replay(drift) for drift in profile.replays],
        "importances": None if profile.importances is None else dict(profile.importances),
    }


def from_document(document: Mapping[str, Any]) -> Profile:
    """Return the profile of plain JSON values."""
    columns = {entry["name"]: _read_column(entry) for entry in document["columns"]}
    replays = tuple(_read_replay(entry) for entry in document["replays"])
    return Profile(int(document["rows"]), columns, replays, document["importances"])


def _column(column: ColumnProfile) -> dict[str, Any]:
    return {
        "kind": column.kind,
        "total": column.total,
        "nulls": column.nulls,
        "mismatched": column.mismatched,
        "numbers": _numbers(column.numbers) if column.numbers else None,
        "categories": _categories(column.categories) if column.categories else None,
    }


def _numbers(numbers: Numbers) -> dict[str, Any]:
    return {
        "cuts": numbers.cuts.tolist(),
        "edges": numbers.edges.tolist(),
        "counts": numbers.counts.tolist(),
        "minimum": numbers.minimum,
        "maximum": numbers.maximum,
        "mean": numbers.mean,
        "std": numbers.std,
    }


def _categories(categories: Categories) -> dict[str, Any]:
    return {
        "counts": [[name, count] for name, count in categories.counts.items()],
        "other": categories.other,
        "unlisted": [[name, count] for name, count in categories.unlisted.items()],
    }


def _replay(drift: ReferenceDrift) -> dict[str, Any]:
    statistics = {
        column: {method: list(values) for method, values in methods.items()}
        for column, methods in drift.statistics.items()
    }
    return {"window": drift.window, "basis": drift.basis, "windows": drift.windows, "statistics": statistics}


def _read_column(entry: Mapping[str, Any]) -> ColumnProfile:
    numbers, categories = entry["numbers"], entry["categories"]
    return ColumnProfile(
        entry["kind"],
        entry["total"],
        entry["nulls"],
        entry["mismatched"],
        numbers=_read_numbers(numbers) if numbers else None,
        categories=_read_categories(categories) if categories else None,
    )


def _read_numbers(entry: Mapping[str, Any]) -> Numbers:
    return Numbers(
        np.array(entry["cuts"], dtype=np.float64),
        np.array(entry["edges"], dtype=np.float64),
        np.array(entry["counts"], dtype=np.int64),
        entry["minimum"],
        entry["maximum"],
        entry["mean"],
        entry["std"],
    )


def _read_categories(entry: Mapping[str, Any]) -> Categories:
    return Categories(dict(entry["counts"]), entry["other"], dict(entry["unlisted"]))


def _read_replay(entry: Mapping[str, Any]) -> ReferenceDrift:
    statistics = {
        column: {method: tuple(values) for method, values in methods.items()}
        for column, methods in entry["statistics"].items()
    }
    return ReferenceDrift(entry["window"], entry["basis"], entry["windows"], statistics)
