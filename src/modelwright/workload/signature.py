"""What a model takes and gives: names, types and shapes of its columns, derived from data and checked per request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import DataError
from modelwright.workload.table import Columns, nulls

Type = Literal["float64", "int64", "string", "bool", "timestamp"]
Task = Literal["classification", "regression"]
_KINDS: Mapping[str, Type] = {"f": "float64", "i": "int64", "u": "int64", "b": "bool", "M": "timestamp", "U": "string"}
_DTYPES: Mapping[Type, str] = {
    "float64": "float64",
    "int64": "int64",
    "bool": "object",
    "string": "object",
    "timestamp": "datetime64[us]",
}
_MOST_KNOWN = 1_000
_INT64 = 2**63
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """One input: `shape` is that of one row's value (empty for a scalar), `known` the reference's values if few."""

    name: str
    type: Type
    nullable: bool = False
    shape: tuple[int, ...] = ()
    known: tuple[Any, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the column as it stands in a manifest."""
        extra: dict[str, Any] = {"shape": list(self.shape)} if self.shape else {}
        if self.known is not None:
            extra["known"] = list(self.known)
        return {"name": self.name, "type": self.type, "nullable": self.nullable, **extra}

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of this column; nullable integers are floats, so that a gap can be NaN."""
        return np.dtype("float64" if self.type == "int64" and self.nullable else _DTYPES[self.type])


@dataclass(frozen=True, slots=True)
class Output:
    """One output column; `shape` is `(k,)` for the probabilities of k classes."""

    name: str
    type: Type
    shape: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the output as it stands in a manifest."""
        return {"name": self.name, "type": self.type, **({"shape": list(self.shape)} if self.shape else {})}


@dataclass(frozen=True, slots=True)
class Signature:
    """A model's inputs, outputs and task; `classes` in the order of the probabilities."""

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    task: Task
    classes: tuple[Any, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The input columns' names, in the order the model reads them."""
        return tuple(column.name for column in self.inputs)

    def to_json(self) -> dict[str, Any]:
        """Return the signature as it stands in a manifest."""
        return {
            "inputs": [column.to_json() for column in self.inputs],
            "outputs": [output.to_json() for output in self.outputs],
            "task": self.task,
            "classes": None if self.classes is None else list(self.classes),
        }


def signature_from_json(document: Mapping[str, Any]) -> Signature:
    """Return the signature of a manifest."""
    return Signature(
        inputs=tuple(
            Column(
                name=item["name"],
                type=item["type"],
                nullable=bool(item.get("nullable", False)),
                shape=tuple(item.get("shape", ())),
                known=None if item.get("known") is None else tuple(item["known"]),
            )
            for item in document["inputs"]
        ),
        outputs=tuple(Output(item["name"], item["type"], tuple(item.get("shape", ()))) for item in document["outputs"]),
        task=document["task"],
        classes=None if document.get("classes") is None else tuple(document["classes"]),
    )


def derive_inputs(sample: Columns, reference: Columns | None = None) -> tuple[Column, ...]:
    """Return the inputs that a sample and, better, a reference show: a column is nullable where one has a gap.

    Raises `DataError` when the two have different columns or a column is of no known type.
    """
    if reference is not None and list(reference) != list(sample):
        raise DataError(f"sample has columns {list(sample)}, reference {list(reference)}")
    return tuple(_derive(name, sample[name], None if reference is None else reference[name]) for name in sample)


def _derive(name: str, sample: NDArray[Any], reference: NDArray[Any] | None) -> Column:
    parts = [sample] if reference is None else [sample, reference]
    types: set[Type] = {found for part in parts if (found := _type_of(name, part)) is not None}
    nullable = any(bool(nulls(part).any()) for part in parts)
    if types == {"int64", "float64"}:
        types = {"float64"}
    if len(types) > 1:
        raise DataError(f"column {name!r} is {' here and '.join(sorted(types))} there")
    kind: Type = types.pop() if types else "float64"
    return Column(name, kind, nullable, sample.shape[1:], _known(parts[-1], kind))


def _type_of(name: str, values: NDArray[Any]) -> Type | None:
    if values.dtype != object:
        if values.dtype.kind not in _KINDS:
            raise DataError(f"column {name!r} has type {values.dtype}, which no request can hold")
        return _KINDS[values.dtype.kind]
    present = values[~nulls(values)]
    if not len(present):
        return None
    kinds = {type(value) for value in present}
    for wanted, found in ((str, "string"), (bool, "bool"), (np.bool_, "bool")):
        if all(issubclass(kind, wanted) for kind in kinds):
            return "string" if found == "string" else "bool"
    named = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError(f"column {name!r} holds values of type {named}", remedy="use numbers, strings, booleans or times")


def _known(values: NDArray[Any], kind: Type) -> tuple[Any, ...] | None:
    if values.ndim != 1 or kind not in {"string", "int64", "float64"}:
        return None
    present = values[~nulls(values)]
    if kind == "string":
        found = sorted({str(value) for value in present})
        return tuple(found) if len(found) <= _MOST_KNOWN else None
    distinct = np.unique(present)
    whole = len(distinct) <= _MOST_KNOWN // 4 and bool(np.all(np.mod(distinct, 1) == 0))
    return tuple(int(value) for value in distinct) if whole else None


def problem_of(column: Column, value: Any) -> str:
    """Return what is wrong with one value of a row, or an empty string."""
    if value is None:
        return "" if column.nullable else "is null, which the model does not take"
    if column.shape:
        return _tensor_problem(column, value)
    if column.type in {"float64", "int64"}:
        return _number_problem(column, value)
    if column.type == "string":
        return "" if isinstance(value, str) else f"{_shown(value)} is not a string"
    if column.type == "bool":
        return "" if isinstance(value, bool) else f"{_shown(value)} is not true or false"
    return _time_problem(value)


def _number_problem(column: Column, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{_shown(value)} is not a number"
    if not -_INT64 <= value < _INT64 and (column.type == "int64" or isinstance(value, int)):
        return f"{_shown(value)} is out of range"
    if column.type == "int64" and value != int(value):
        return f"{_shown(value)} is not a whole number"
    return ""


def _tensor_problem(column: Column, value: Any) -> str:
    try:
        shape = np.asarray(value, dtype=np.float64 if column.type in {"float64", "int64"} else object).shape
    except (TypeError, ValueError):
        return f"is not an array of {column.type}"
    return "" if shape == column.shape else f"has shape {list(shape)}, not {list(column.shape)}"


def _time_problem(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return f"{_shown(value)} is not an RFC 3339 time"
    return "" if moment.tzinfo else f"{_shown(value)} has no time zone"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"  # noqa: PLR2004 (an error stays one line)


def parse_text(column: Column, text: str) -> Any:
    """Return a CSV field as the column's type reads it; what cannot be read stays text and is then a problem."""
    if text == "":
        return None
    if column.type in {"float64", "int64"} and _NUMBER.fullmatch(text.strip()):
        number = float(text)
        return int(text) if column.type == "int64" and text.strip().lstrip("+-").isdigit() else number
    if column.type == "bool" and text.strip().lower() in {"true", "false", "0", "1"}:
        return text.strip().lower() in {"true", "1"}
    return text


def encode(column: Column, values: Sequence[Any]) -> NDArray[Any]:
    """Return checked JSON values as the column's array."""
    if column.type == "timestamp":
        return np.asarray([None if value is None else _moment(value) for value in values], dtype=column.dtype)
    if column.dtype == object:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    return np.asarray(values, dtype=column.dtype)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
