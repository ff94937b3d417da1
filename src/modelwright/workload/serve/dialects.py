"""The protocols' bodies: how each spells rows on the way in and answers on the way out.

`rows` our own · `instances` Vertex AI and KServe v1 · `dataframe_split`, `input_data` MLflow and Azure ML ·
CSV and JSON lines SageMaker · tensors the Open Inference Protocol v2.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from modelwright.workload.serve.body import decode_json
from modelwright.workload.serve.failure import RequestFailure
from modelwright.workload.serve.rows import RowReader
from modelwright.workload.signature import Signature, parse_text

Rows = list[Mapping[str, Any]]
_LISTS = ("rows", "instances", "inputs", "dataframe_records", "data")
_SPLITS = ("dataframe_split", "input_data")


def read_document(document: Any, reader: RowReader) -> Rows:
    """Return the rows of a JSON body in any of the row-wise spellings. Raises the 400 that names them."""
    if isinstance(document, list):
        return _records(document, reader)
    rows = _from_object(document, reader) if isinstance(document, dict) else None
    if rows is None:
        raise RequestFailure(
            400, 'the body holds no rows: send {"rows": [{…}]}, {"columns": {…}}, {"instances": […]} or a list'
        )
    return rows


def _from_object(document: dict[str, Any], reader: RowReader) -> Rows | None:
    columns = document.get("columns")
    if isinstance(columns, dict):
        return _by_column(columns)
    if isinstance(columns, list):
        return _split(document)
    for name in (*_LISTS, *_SPLITS):
        found = document.get(name)
        if isinstance(found, list):
            return _records(found, reader)
        if isinstance(found, dict) and name in _SPLITS:
            return _split(found)
    return [document] if document and document.keys() <= set(reader.names) else None


def _records(items: Sequence[Any], reader: RowReader) -> Rows:
    if not items:
        raise RequestFailure(400, "the request has no rows")
    if all(type(item) is dict for item in items):
        return list(items)
    if len(reader.names) == 1 and not any(isinstance(item, dict | list) for item in items):
        return [{reader.names[0]: item} for item in items]
    return [_record(index, item, reader) for index, item in enumerate(items)]


def _record(index: int, item: Any, reader: RowReader) -> Mapping[str, Any]:
    if isinstance(item, dict):
        return item
    if isinstance(item, list):
        return reader.named(item)
    raise RequestFailure(400, f"row {index} is neither an object nor a list of values")


def _by_column(columns: Mapping[str, Any]) -> Rows:
    wrong = [name for name, values in columns.items() if not isinstance(values, list)]
    if wrong:
        raise RequestFailure(400, f"the columns {', '.join(wrong)} are no lists of values")
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) != 1 or not next(iter(sizes.values())):
        raise RequestFailure(400, f"columns of different lengths, or none: {sizes}")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _split(document: Mapping[str, Any]) -> Rows:
    names, data = document.get("columns"), document.get("data")
    if not isinstance(names, list) or not isinstance(data, list) or not data:
        raise RequestFailure(400, "a split frame has `columns` and `data`, both lists")
    for index, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(names):
            raise RequestFailure(400, f"row {index} of `data` does not have {len(names)} values")
    return [dict(zip(map(str, names), row, strict=True)) for row in data]


def read_lines(data: bytes, reader: RowReader) -> Rows:
    """Return the rows of JSON lines: an object or a list of values on each. Raises the 400 that names the line."""
    rows: list[Any] = []
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            try:
                rows.append(decode_json(line))
            except RequestFailure as failure:
                raise RequestFailure(400, f"line {number}: {failure.message}") from None
    return _records(rows, reader)


def read_csv(data: bytes, signature: Signature) -> Rows:
    """Return the rows of a CSV body; without a first line of names, columns come in the model's order."""
    try:
        lines = [line for line in csv.reader(io.StringIO(data.decode("utf-8-sig")), strict=True) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RequestFailure(400, f"the body is not CSV: {error}") from error
    columns = {column.name: column for column in signature.inputs}
    header = lines[0] if lines and set(columns) & set(lines[0]) else None
    names = header or list(columns)
    body = lines[1:] if header else lines
    if not body:
        raise RequestFailure(400, "the request has no rows")
    for index, line in enumerate(body):
        if len(line) != len(names):
            raise RequestFailure(400, f"row {index} has {len(line)} fields, not {len(names)}")
    return [
        {
            name: parse_text(columns[name], text) if name in columns else text
            for name, text in zip(names, line, strict=True)
        }
        for line in body
    ]


def write_predictions(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the row-wise answer."""
    return {"predictions": list(rows)}


def write_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return one JSON object per row."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def write_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return one line per row: the prediction, then the probability or probabilities."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        shares = row.get("probabilities") or {}
        probability = [row["probability"]] if "probability" in row else []
        writer.writerow([row["prediction"], *probability, *shares.values()])
    return out.getvalue().encode()
