from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.spec.expression import RowFilter

_NUMBERS = st.one_of(st.sampled_from(["a", "b", "c"]), st.integers(0, 9).map(str))
_SUMS = st.recursive(
    _NUMBERS, lambda part: st.builds("({} {} {})".format, part, st.sampled_from("+-*"), part), max_leaves=4
)
_COMPARISONS = st.one_of(
    st.builds("{} {} {}".format, _SUMS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _SUMS),
    st.builds("{} < {} <= {}".format, _SUMS, _SUMS, _SUMS),
    st.builds("{} % 5 == {}".format, st.sampled_from(["a", "b"]), st.integers(0, 4)),
    st.builds("{} {} ({}, {})".format, _SUMS, st.sampled_from(["in", "not in"]), _SUMS, _SUMS),
    st.builds("name {} {!r}".format, st.sampled_from(["==", "!=", "<"]), st.sampled_from(["x", "it's", 'a"b'])),
)
_CONDITIONS = st.recursive(
    _COMPARISONS,
    lambda part: st.one_of(
        st.builds("({} {} {})".format, part, st.sampled_from(["and", "or"]), part), st.builds("not ({})".format, part)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(
    text=_CONDITIONS,
    row=st.tuples(*[st.integers(0, 20)] * 3, st.sampled_from(["x", "it's", "y"])),
)
def test_duckdb_answers_as_python_does(text: str, row: tuple[int, int, int, str]) -> None:
    expected = eval(text, {}, dict(zip(("a", "b", "c", "name"), row, strict=True)))
    sql = f"SELECT {RowFilter.parse(text).to_sql()} FROM (SELECT ? AS a, ? AS b, ? AS c, ? AS name)"
    assert duckdb.execute(sql, list(row)).fetchone() == (expected,)


def test_identifiers_are_quoted_and_columns_known() -> None:
    condition = RowFilter.parse("day_of_year % 5 == 0 and origin in ['JFK', 'LGA']")
    assert (
        condition.to_sql() == """(("day_of_year" % 5) = 0 AND "origin" IN ('JFK', 'LGA'))"""
        or condition.to_sql() == ("""((("day_of_year" % 5) = 0) AND ("origin" IN ('JFK', 'LGA')))""")
    )
    assert condition.columns == {"day_of_year", "origin"}
    assert condition.document() == "day_of_year % 5 == 0 and origin in ['JFK', 'LGA']"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("foo(1) == 2", r"'foo\(1\)' at character 1 is not allowed"),
        ("a == 1 and b.c > 2", "'b.c' at character 12 is not allowed"),
        ("a[0] > 1", r"'a\[0\]' at character 1"),
        ("a is b", "'a' at character 1"),
        ("a ** 2 > 1", r"'a \*\* 2' at character 1"),
        ("a == None", "'None' at character 6"),
        ("a == 1e999", "must be finite"),
        ("a == 99999999999999999999", "fit into 64 bits"),
        ("a == 2j", "finite"),
        ("a == b'x'", "not allowed"),
        ("a == 'x\\x00'", "printable"),
        ("a in b", "after `in` stands a list"),
        ("a in []", "after `in` stands a list"),
        ("a ==", "is no condition on rows"),
        ("a = 1", "is no condition on rows at character 3"),
        ("a; b", "is no condition on rows at character 2"),
        ("1 + 2", "is a value and no condition"),
        ("-a", "is a value and no condition"),
        ("'x'", "is a value and no condition"),
        ("(x := 1) == 1", "not allowed"),
        ("[y for y in a] == 1", "not allowed"),
        ("lambda: 1", "is a value and no condition"),
        ("", "is no condition"),
        ("a == " + "-" * 300 + "1", "nested more than 64"),
        ("a" * 1001 + " == 1", "is no condition"),
        ("(" * 400 + "a == 1" + ")" * 400, "is no condition"),
    ],
)
def test_anything_else_is_refused_with_its_position(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        RowFilter.parse(text)


@pytest.mark.parametrize("value", [True, 1, None, ["a == 1"]])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no condition on rows"):
        RowFilter.parse(value)
