"""A request's rows, checked against the signature: values in the model's order, and what else rides along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelwright.canonical import parse_timestamp
from modelwright.errors import DataError, did_you_mean
from modelwright.workload.serve.failure import RequestFailure, bad_rows
from modelwright.workload.signature import Signature, problem_of

_INT64 = 2**63
_QUICK: Mapping[str, frozenset[type]] = {
    "float64": frozenset({float, int}),
    "int64": frozenset({int}),
    "string": frozenset({str}),
    "bool": frozenset({bool}),
}

Problem = dict[str, Any]
_ENOUGH = 1_000


@dataclass(slots=True)
class Row:
    """One row on its way: `values` in the signature's order (None is null), entity and join keys, event time, flags.

    `number` counts from 0 in its request; `refused_by` names the guardrail that refused it.
    """

    values: list[Any]
    keys: dict[str, Any]
    at: datetime | None = None
    flags: list[str] = field(default_factory=list)
    output: dict[str, Any] | None = None
    age: float | None = None
    number: int = 0
    refused_by: str = ""


class RowReader:
    """Checks rows; `riders` are columns that may come along without being inputs, `lenient` those that may be null."""

    def __init__(
        self,
        signature: Signature,
        *,
        keys: Sequence[str] = (),
        riders: Sequence[str] = (),
        event_time: str | None = None,
        lenient: frozenset[str] = frozenset(),
    ) -> None:
        self.names = signature.names
        self._inputs = signature.inputs
        self._set = frozenset(self.names)
        self._keys = tuple(keys)
        self._event_time = event_time
        self._allowed = self._set | set(keys) | set(riders) | ({event_time} if event_time else set())
        self._lenient = lenient
        self._quick = [self._kinds(column.type, scalar=not column.shape) for column in signature.inputs]

    def _kinds(self, kind: str, *, scalar: bool) -> frozenset[type]:
        return _QUICK.get(kind, frozenset()) if scalar else frozenset()

    def read(self, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Return the checked rows. Raises the 400 that lists every problem of every row, up to a thousand."""
        problems: list[Problem] = []
        found = []
        for index, row in enumerate(rows):
            found.append(self._row(index, row, problems))
            if len(problems) > _ENOUGH:  # telling them all can take a hundred times the request's own size
                break
        if problems:
            raise bad_rows(problems)
        return found

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return a row given by position as one by name. Raises the 400 for a wrong number of values."""
        if len(values) != len(self.names):
            raise RequestFailure(
                400, f"a row of {len(values)} values; the model reads {len(self.names)}: {self._listed()}"
            )
        return dict(zip(self.names, values, strict=True))

    def _row(self, index: int, row: Mapping[str, Any], problems: list[Problem]) -> Row:
        values = [row.get(name) for name in self.names]
        for value, kinds in zip(values, self._quick, strict=True):
            if type(value) not in kinds or (type(value) is int and not -_INT64 <= value < _INT64):
                self._check(index, row, problems)
                break
        if not row.keys() <= self._allowed:
            problems.extend(self._unknown(index, name) for name in row if name not in self._allowed)
        keys = {name: row[name] for name in self._keys if name in row}
        return Row(values, keys, self._moment(index, row, problems) if self._event_time else None, number=index)

    def _check(self, index: int, row: Mapping[str, Any], problems: list[Problem]) -> None:
        for column in self._inputs:
            value = row.get(column.name)
            if value is None and (column.nullable or column.name in self._lenient):
                continue
            wrong = problem_of(column, value) if column.name in row else "is missing"
            if wrong:
                problems.append({"row": index, "column": column.name, "problem": wrong})

    def _unknown(self, index: int, name: str) -> Problem:
        hint = did_you_mean(name, self._allowed)
        return {"row": index, "column": name, "problem": f"is no column of the model; {hint}" if hint else "is unknown"}

    def _moment(self, index: int, row: Mapping[str, Any], problems: list[Problem]) -> datetime | None:
        assert self._event_time is not None
        text = row.get(self._event_time)
        if text is None:
            return None
        try:
            return parse_timestamp(text)
        except DataError as error:
            problems.append({"row": index, "column": self._event_time, "problem": error.message})
            return None

    def _listed(self) -> str:
        return ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")  # noqa: PLR2004 (one line)
