from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from modelwright.errors import DataError
from modelwright.stats.profile import Profile
from modelwright.workload.model_folder import load_model, save_model
from modelwright.workload.signature import Column, derive_inputs, parse_text, problem_of, signature_from_json
from modelwright.workload.table import to_columns, to_rows


@pytest.mark.parametrize(
    ("values", "kind", "nullable"),
    [
        (np.array([1.5, 2.0]), "float64", False),
        (np.array([1.5, np.nan]), "float64", True),
        (np.array([1, 2]), "int64", False),
        (np.array([True, False]), "bool", False),
        (np.array(["a", "b"]), "string", False),
        (np.array(["a", None], dtype=object), "string", True),
        (np.array([1, None], dtype=object), "float64", True),
        (np.array(["2013-01-01"], dtype="datetime64[us]"), "timestamp", False),
        (np.array([datetime(2013, 1, 1, tzinfo=UTC), None], dtype=object), "timestamp", True),
        (pd.Series([1, None], dtype="Int64"), "float64", True),
        (pd.Series(["a", None], dtype="string"), "string", True),
        (np.ma.MaskedArray([1, 2], mask=[False, True]), "float64", True),
    ],
)
def test_types_and_gaps_are_read_from_the_data(values: Any, kind: str, *, nullable: bool) -> None:
    (column,) = derive_inputs(to_columns({"x": values}))
    assert (column.type, column.nullable) == (kind, nullable)


def test_a_gap_in_the_reference_makes_a_column_nullable() -> None:
    (column,) = derive_inputs({"x": np.array([1.0])}, {"x": np.array([1.0, np.nan])})
    assert column.nullable


def test_a_plain_matrix_gets_numbered_columns() -> None:
    assert list(to_columns(np.zeros((2, 3)))) == ["x0", "x1", "x2"]


def test_a_structured_array_brings_its_names() -> None:
    table = np.array([(1.0, "a")], dtype=[("size", float), ("level", "U1")])
    assert [column.type for column in derive_inputs(to_columns(table))] == ["float64", "string"]


def test_rows_are_a_table_too() -> None:
    assert to_rows(to_columns([{"a": 1.0, "b": "x"}, {"a": None, "b": "y"}])) == [
        {"a": 1.0, "b": "x"},
        {"a": None, "b": "y"},
    ]


@pytest.mark.parametrize("table", [{"a": np.zeros(2), "b": np.zeros(3)}, {}, np.float64(1)])
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(DataError):
        to_columns(table)


def test_values_that_no_request_can_hold_are_refused() -> None:
    with pytest.raises(DataError, match="complex128"):
        derive_inputs({"x": np.array([1j])})


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("float64", "1", "not a number"),
        ("float64", True, "not a number"),
        ("float64", None, "is null"),
        ("int64", 1.5, "not a whole number"),
        ("int64", 2**63, "out of range"),
        ("string", 1, "not a string"),
        ("bool", 1, "not true or false"),
        ("timestamp", "yesterday", "not an RFC 3339 time"),
        ("timestamp", "2013-01-01T00:00:00", "no time zone"),
    ],
)
def test_a_wrong_value_is_described(kind: Any, value: Any, words: str) -> None:
    assert words in problem_of(Column("x", kind), value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("float64", 1), ("float64", 1e300), ("int64", 3.0), ("int64", -(2**63)), ("timestamp", "2013-01-01T00:00:00Z")],
)
def test_a_right_value_has_no_problem(kind: Any, value: Any) -> None:
    assert problem_of(Column("x", kind), value) == ""


def test_a_tensor_must_have_its_shape() -> None:
    column = Column("x", "float64", shape=(2, 2))
    assert problem_of(column, [[1, 2], [3, 4]]) == ""
    assert "shape" in problem_of(column, [1, 2])
    assert "array" in problem_of(column, [[1, 2], [3]])


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [("float64", "1.5", 1.5), ("int64", "7", 7), ("bool", "true", True), ("string", "x", "x"), ("float64", "", None)],
)
def test_csv_fields_become_the_columns_type(kind: Any, text: str, value: Any) -> None:
    assert parse_text(Column("x", kind), text) == value


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "0x10"])
def test_csv_numbers_are_plain_numbers(text: str) -> None:
    assert parse_text(Column("x", "float64"), text) == text


def test_a_saved_model_tells_its_signature_sample_and_profile(tmp_path: Path) -> None:
    columns = {"size": np.arange(20.0), "rooms": np.arange(20) % 3}
    matrix = np.column_stack([columns["size"], columns["rooms"]])
    model = LinearRegression().fit(matrix, columns["size"] * 2)
    manifest = save_model(
        tmp_path,
        model,
        sample={name: values[:2] for name, values in columns.items()},
        reference=columns,
        extra={"run": "r1"},
    )
    assert manifest["schema"] == "modelwright.model/1"
    assert manifest["run"] == "r1"
    assert manifest["signature"]["inputs"] == [
        {"name": "size", "type": "float64", "nullable": False, "known": list(range(20))},
        {"name": "rooms", "type": "int64", "nullable": False, "known": [0, 1, 2]},
    ]
    assert manifest["signature"]["outputs"] == [{"name": "prediction", "type": "float64"}]
    assert manifest["sample"]["inputs"] == [{"size": 0.0, "rooms": 0}, {"size": 1.0, "rooms": 1}]
    assert [row["prediction"] for row in manifest["sample"]["outputs"]] == pytest.approx([0.0, 2.0])
    loaded = load_model(tmp_path, None)
    assert signature_from_json(loaded.signature.to_json()) == loaded.signature
    stored = loaded.profile()
    assert stored is not None
    profile = Profile.from_bytes(stored)
    assert profile.digest == manifest["profile"]
    assert set(profile.columns) == {"size", "rooms", "prediction"}
    assert profile.rows == 20
