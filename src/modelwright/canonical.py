"""Canonical JSON, digests and times: the one spelling that every stored document uses.

A digest is `sha256:<hex>`; a time is UTC RFC 3339 with microseconds and a `Z`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelwright.errors import DataError, FormatVersionError, IntegrityError

_CHUNK = 1 << 20


def canonical(value: object) -> bytes:
    """Return `value` as JSON with sorted keys, no spaces, UTF-8, and no NaN or infinity.

    Raises `DataError` for values that JSON cannot hold.
    """
    try:
        text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except DataError:
        raise
    except (TypeError, ValueError) as error:  # ValueError: a cycle, or half a surrogate pair, which UTF-8 cannot hold
        raise DataError(f"not representable as JSON: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, str):  # most values are
        return value
    if isinstance(value, dict | Mapping):  # the abstract class last: it is slow to ask
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise DataError(f"{value} has no JSON spelling")
    return value


def digest(data: bytes) -> str:
    """Return `sha256:<hex>` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: object) -> str:
    """Return the digest of a value's canonical JSON."""
    return digest(canonical(value))


def digest_file(path: Path) -> str:
    """Return the digest of a file's bytes, read in chunks."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return "sha256:" + hasher.hexdigest()


def timestamp(moment: datetime) -> str:
    """Return a time as `2026-11-21T05:00:00.000000Z`. Raises `DataError` for a naive time."""
    if moment.tzinfo is None:
        raise DataError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_timestamp(text: str) -> datetime:
    """Return the UTC time of an RFC 3339 string. Raises `DataError` if it is none or has no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise DataError(f"{text!r} is not an RFC 3339 time") from error
    if moment.tzinfo is None:
        raise DataError(f"{text!r} has no time zone", remedy="end it with Z or an offset such as +02:00")
    return moment.astimezone(UTC)


def check_schema(document: Mapping[str, Any], name: str, newest: int) -> None:
    """Refuse a document that is not `modelwright.<name>/<n>` with `n <= newest`.

    Raises `FormatVersionError` naming what was found and what this version reads.
    """
    found = document.get("schema")
    prefix = f"modelwright.{name}/"
    number = str(found).removeprefix(prefix)
    if not str(found).startswith(prefix) or not number.isdecimal():
        raise FormatVersionError(f"expected a document of schema {prefix}{newest}, found {found!r}")
    if int(number) > newest:
        writer = document.get("by")
        known = writer if isinstance(writer, str) and writer else ""
        raise FormatVersionError(
            f"{found} was written by {known or 'a newer modelwright'}; this one reads up to {prefix}{newest}",
            remedy=f"upgrade {f'to {known} or later' if known else 'modelwright'}, then run the command again",
        )


def read_document(
    data: bytes, name: str, newest: int, *, where: str, needs: Iterable[str] = (), remedy: str = ""
) -> dict[str, Any]:
    """Return the document `modelwright.<name>/<n>` that stored bytes hold; `needs` are the keys it cannot lack.

    Raises `IntegrityError` naming `where` for bytes that are damaged, and `FormatVersionError` for a newer document.
    """
    document = read_object(data, where=where, remedy=remedy)
    said = str(document.get("schema"))
    if not said.startswith(f"modelwright.{name}/"):
        raise IntegrityError(f"{where} is damaged: it is no document of modelwright.{name}", remedy=remedy)
    try:
        check_schema(document, name, newest)
    except FormatVersionError as error:
        raise FormatVersionError(error.message, where=where, remedy=error.remedy) from None
    return _having(document, needs, where, remedy)


def read_object(data: bytes, *, where: str, needs: Iterable[str] = (), remedy: str = "") -> dict[str, Any]:
    """Return the JSON object that stored bytes hold. Raises `IntegrityError` naming `where` for anything else."""
    if not data:
        raise IntegrityError(f"{where} is damaged: it is empty (0 bytes)", remedy=remedy)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{where} is damaged ({len(data)} bytes: {error})", remedy=remedy) from None
    if not isinstance(document, dict):
        raise IntegrityError(f"{where} is damaged: it holds no JSON object", remedy=remedy)
    return _having(document, needs, where, remedy)


def _having(document: dict[str, Any], needs: Iterable[str], where: str, remedy: str) -> dict[str, Any]:
    if missing := [key for key in needs if key not in document]:
        raise IntegrityError(f"{where} is damaged: it lacks {', '.join(missing)}", remedy=remedy)
    return document
