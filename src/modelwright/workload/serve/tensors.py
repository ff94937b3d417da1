"""The Open Inference Protocol v2: named tensors in, named tensors out.

A request gives one tensor per column, or one matrix whose columns are the model's in their order.
Source: https://github.com/kserve/open-inference-protocol, `specification/protocol/inference_rest.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, TypeGuard

from modelwright.workload.serve.failure import RequestFailure
from modelwright.workload.serve.rows import RowReader
from modelwright.workload.signature import Output, Signature

_DATATYPES = {"float64": "FP64", "int64": "INT64", "string": "BYTES", "bool": "BOOL", "timestamp": "BYTES"}
_NUMBERS = {"FP16", "FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"}
_MATRIX = 2


def read_tensors(document: Any, reader: RowReader) -> list[dict[str, Any]]:
    """Return the rows of an inference request. Raises the 400 that says which tensor is wrong."""
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(item, dict) for item in inputs):
        raise RequestFailure(400, "`inputs` must be a list of tensors")
    tensors = [_tensor(item) for item in inputs]
    if len(tensors) == 1 and tensors[0][0] not in reader.names:
        return _matrix(*tensors[0], reader)
    rows = {shape[0] for _, shape, _ in tensors}
    if len(rows) != 1:
        raise RequestFailure(400, "tensors of different first dimensions")
    columns = {name: _values(name, shape, data) for name, shape, data in tensors}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _tensor(item: Mapping[str, Any]) -> tuple[str, list[int], list[Any]]:
    name, shape, data, kind = item.get("name"), item.get("shape"), item.get("data"), item.get("datatype")
    if not isinstance(name, str) or not isinstance(data, list) or not _is_shape(shape):
        raise RequestFailure(400, f"tensor {name!r} needs name, shape, datatype and data")
    if kind not in _NUMBERS | {"BOOL", "BYTES"}:
        raise RequestFailure(400, f"tensor {name!r} has the unknown datatype {kind!r}")
    flat = _flat(data)
    if len(flat) != prod(shape) or not flat:
        raise RequestFailure(400, f"tensor {name!r} holds {len(flat)} values, its shape {shape} says {prod(shape)}")
    return name, shape, flat


def _is_shape(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and bool(value) and all(type(size) is int and size >= 0 for size in value)


def _flat(data: list[Any]) -> list[Any]:
    while data and isinstance(data[0], list):
        if not all(isinstance(item, list) for item in data):
            raise RequestFailure(400, "a tensor's data is ragged")
        data = [value for item in data for value in item]
    return data


def _matrix(name: str, shape: list[int], flat: list[Any], reader: RowReader) -> list[dict[str, Any]]:
    width = len(reader.names)
    if len(shape) != _MATRIX or shape[1] != width:
        raise RequestFailure(
            400, f"tensor {name!r} has shape {shape}; the model reads [n, {width}] or one tensor per column"
        )
    return [dict(zip(reader.names, flat[i : i + width], strict=True)) for i in range(0, len(flat), width)]


def _values(name: str, shape: list[int], flat: list[Any]) -> list[Any]:
    if len(shape) == 1 or prod(shape[1:]) == 1:
        return flat
    size = prod(shape[1:])
    return [_nested(flat[i : i + size], shape[1:]) for i in range(0, len(flat), size)] if name else []


def _nested(flat: list[Any], shape: Sequence[int]) -> list[Any]:
    if len(shape) <= 1:
        return flat
    size = prod(shape[1:])
    return [_nested(flat[i : i + size], shape[1:]) for i in range(0, len(flat), size)]


def write_tensors(
    rows: Sequence[Mapping[str, Any]], signature: Signature, document: Mapping[str, Any], name: str, version: str
) -> dict[str, Any]:
    """Return the inference response; flags come as one JSON list of strings per row."""
    outputs = [found for output in signature.outputs if (found := _output(output, rows, signature))]
    if any("flags" in row for row in rows):
        flags = [",".join(row.get("flags", ())) for row in rows]
        outputs.append({"name": "flags", "datatype": "BYTES", "shape": [len(rows)], "data": flags})
    extra = {"id": document["id"]} if isinstance(document.get("id"), str) else {}
    return {"model_name": name, "model_version": version, **extra, "outputs": outputs}


def _output(output: Output, rows: Sequence[Mapping[str, Any]], signature: Signature) -> dict[str, Any]:
    data: list[Any]
    if output.name == "probabilities":
        names = [str(value) for value in signature.classes or ()]
        data = [row.get("probabilities", {}).get(name) for row in rows for name in names]
        shape = [len(rows), len(names)]
    else:
        data = [row.get(output.name) for row in rows]
        shape = [len(rows)]
    return {"name": output.name, "datatype": _DATATYPES[output.type], "shape": shape, "data": data}


def describe_model(signature: Signature, name: str, version: str) -> dict[str, Any]:
    """Return the model metadata response."""
    return {
        "name": name,
        "versions": [version],
        "platform": "modelwright",
        "inputs": [
            {"name": column.name, "datatype": _DATATYPES[column.type], "shape": [-1, *column.shape]}
            for column in signature.inputs
        ],
        "outputs": [
            {"name": output.name, "datatype": _DATATYPES[output.type], "shape": [-1, *output.shape]}
            for output in signature.outputs
        ],
    }
