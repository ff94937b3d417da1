"""Rows that a person gives on the command line, and the answer of an endpoint beside them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.cli.table import Column, facts, table
from modelwright.cli.terminal import Terminal
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.client.endpoints import Prediction

Rows = list[dict[str, Any]]
_COLUMNS_SHOWN = 4


def read_rows(sample: Callable[[], Rows], *, wanted: bool, data: str | None, file: str | None) -> Any:
    """Return the rows of `--sample`, `--data` or `--file`. Raises `UsageError` unless exactly one was given."""
    if [wanted, data is not None, file is not None].count(True) != 1:
        raise UsageError("give the rows in one way", remedy="one of --sample, --data JSON, --file PATH")
    if wanted:
        return sample()
    if data is not None:
        return _parse_json(data, "--data")
    text = sys.stdin.read() if file == "-" else Path(str(file)).read_text(encoding="utf-8")
    if str(file).endswith(".csv"):
        return [{name: _typed(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]
    return _parse_json(text, str(file))


def _parse_json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]  # JSON lines
        except ValueError:
            raise UsageError(f"this is no JSON: {error}", where=where) from error


def _typed(text: str) -> Any:
    """Return a CSV field as a number where it is one, None where it is empty."""
    if text == "":
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def prediction_text(rows: Any, prediction: Prediction, terminal: Terminal) -> str:
    """Return the answer, each row beside the first columns of what was asked."""
    asked = rows if isinstance(rows, list) and len(rows) == len(prediction.outputs) else [{}] * len(prediction.outputs)
    given = list(dict.fromkeys(name for row in asked for name in row))[:_COLUMNS_SHOWN]
    answered = list(dict.fromkeys(name for output in prediction.outputs for name in output))
    columns = [
        *(Column(name, shrinks=True) for name in given),
        *(Column(name.upper(), shrinks=True) for name in answered),
    ]
    shown = [
        (*(row.get(name) for name in given), *(_cell(output.get(name)) for name in answered))
        for row, output in zip(asked, prediction.outputs, strict=True)
    ]
    head = facts(
        [("version", prediction.version), ("release", prediction.release), ("variant", prediction.variant or None)],
        terminal,
    )
    return f"{table(columns, shown, terminal)}\n\n{head}"


def _cell(value: object) -> object:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name} {item:.3g}" if isinstance(item, float) else f"{name} {item}" for name, item in value.items()
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(item) for item in value)
    return value
