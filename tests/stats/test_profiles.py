"""Profiles count exactly, add up over shards, and are stored as the same bytes every time."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stats.random_frames import label_pairs, numeric_pairs

from modelwright.errors import DataError, FormatVersionError, UsageError
from modelwright.stats.profile import ColumnProfile, Profile, merge, profile_columns
from modelwright.stats.replay import ReferenceDrift


def counts(column: ColumnProfile) -> tuple[object, ...]:
    """Return everything of a column that must add up exactly."""
    numbers = column.numbers
    return (
        column.kind,
        column.total,
        column.nulls,
        column.mismatched,
        None if numbers is None else (numbers.counts.tolist(), numbers.minimum, numbers.maximum),
        column.categories,
    )


def test_shards_add_up_to_the_counts_of_the_whole() -> None:
    pairs = [*numeric_pairs(100, nulls=True), *label_pairs(100)]
    for seed, (name, reference, current) in enumerate(pairs):
        profile = profile_columns({"x": reference})
        cut = sorted(np.random.default_rng(seed).integers(0, len(current) + 1, 3).tolist())
        shards = [profile.count({"x": part}) for part in np.split(current, cut)]
        whole, added = profile.count({"x": current}), merge(*shards)
        assert counts(added["x"]) == counts(whole["x"]), name
        assert added.rows == whole.rows


def test_moments_of_shards_pool_to_those_of_the_whole() -> None:
    column = np.random.default_rng(0).lognormal(3, 2, 5000)
    profile = profile_columns({"x": column})
    added = merge(*(profile.count({"x": part}) for part in np.split(column, [0, 1, 700])))["x"].numbers
    assert added is not None
    assert added.mean == pytest.approx(column.mean(), rel=1e-12)
    assert added.std == pytest.approx(column.std(), rel=1e-12)


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(2**70), 2**70), st.text(max_size=3), st.booleans())))
@settings(max_examples=150, deadline=None)
def test_any_mixture_of_values_can_be_profiled_counted_and_stored(items: list[object]) -> None:
    column = np.empty(len(items), dtype=object)
    column[:] = items
    profile = profile_columns({"x": column})
    again = profile.count({"x": column})
    assert counts(again["x"]) == counts(profile["x"])
    assert Profile.from_bytes(profile.to_bytes()) == profile


def test_bytes_are_stable_and_read_back_equal() -> None:
    columns = {"n": np.arange(3000) / 7, "k": np.array(["ü", "b", None] * 1000, dtype=object)}
    drift = ReferenceDrift(604800.0, "windows", 8, {"n": {"psi": (0.1, 0.25)}})
    profile = profile_columns(columns).with_replay(drift).with_importances({"n": 0.5})
    data = profile.to_bytes()
    assert profile_columns(columns).with_replay(drift).with_importances({"n": 0.5}).to_bytes() == data
    assert Profile.from_bytes(data) == profile
    assert Profile.from_bytes(data).digest == profile.digest
    assert data[4:8] == b"\0\0\0\0"  # no time
    assert json.loads(gzip.decompress(data))["schema"] == "modelwright.profile/1"


def test_damaged_or_foreign_bytes_are_refused() -> None:
    data = profile_columns({"x": np.arange(5)}).to_bytes()
    for damaged in (
        b"",
        b"no gzip",
        data[:-9],
        gzip.compress(b"[1]"),
        gzip.compress(b'{"schema":"modelwright.profile/1"}'),
    ):
        with pytest.raises(DataError):
            Profile.from_bytes(damaged)
    with pytest.raises(FormatVersionError, match="newer"):
        Profile.from_bytes(gzip.compress(b'{"schema":"modelwright.profile/2"}'))


def test_two_references_cannot_be_added() -> None:
    first, second = profile_columns({"x": np.arange(9.0)}), profile_columns({"x": np.arange(1, 10.0)})
    with pytest.raises(DataError, match="different bins"):
        merge(first, second)
    with pytest.raises(DataError, match="different columns"):
        merge(first, profile_columns({"y": np.arange(9.0)}))


def test_heavy_values_keep_a_bin_of_their_own() -> None:
    generator = np.random.default_rng(0)
    column = np.where(generator.random(20_000) < 0.3, 0.0, generator.normal(size=20_000))
    numbers = profile_columns({"x": column})["x"].numbers
    assert numbers is not None
    place = int(np.searchsorted(numbers.cuts, 0.0))
    assert numbers.cuts[place] == 0.0
    assert numbers.counts[place] == (column == 0).sum()


def test_outside_bins_count_what_lies_beyond_the_reference() -> None:
    profile = profile_columns({"x": np.arange(5000.0)})
    numbers = profile.count({"x": np.array([-1.0, 0.0, 4999.0, 5000.0, 1e9])})["x"].numbers
    assert numbers is not None
    assert (numbers.counts[0], numbers.counts[-1]) == (1, 2)


@pytest.mark.parametrize(
    ("values", "kind", "nulls"),
    [
        ([1, None, 2.5, float("nan")], "numeric", 2),
        (["a", None, float("nan")], "categorical", 2),
        ([True, None, False], "boolean", 1),
        ([datetime(2013, 1, 1, tzinfo=UTC), None, date(2013, 1, 2)], "timestamp", 1),
        ([None, None], "categorical", 2),
        ([1, "x"], "categorical", 0),
        (np.array([1.0, np.inf, np.nan]), "numeric", 2),
        (np.array(["2013-01-01", "NaT"], dtype="datetime64[D]"), "timestamp", 1),
        (np.array([1, 2], dtype="timedelta64[s]"), "numeric", 0),
        (np.ma.MaskedArray([1, 2, 3], mask=[False, True, False]), "numeric", 1),
        (pd.Series(["x", pd.NA], dtype="string"), "categorical", 1),
        (pd.Series([1, pd.NA], dtype="Int64"), "numeric", 1),
        (pd.Series(["x", "y", None], dtype="category"), "categorical", 1),
        (pd.Series([pd.Timestamp("2013-01-01"), pd.NaT]), "timestamp", 1),
        (pd.Series([pd.Timestamp("2013-01-01", tz="America/New_York"), pd.NaT]), "timestamp", 1),
    ],
)
def test_kinds_and_nulls_are_recognised(values: Any, kind: str, nulls: int) -> None:
    column = profile_columns({"x": values})["x"]
    assert (column.kind, column.nulls) == (kind, nulls)


def test_text_in_a_numeric_column_is_mismatched_and_null() -> None:
    profile = profile_columns({"x": np.arange(10.0)})
    column = profile.count({"x": ["3", 4, None, 5.5, "x"]})["x"]
    assert (column.total, column.nulls, column.mismatched) == (5, 3, 2)


def test_rfc_3339_text_is_a_time_where_a_time_is_expected() -> None:
    profile = profile_columns({"t": np.array(["2013-01-01", "2013-01-03"], dtype="datetime64[s]")})
    column = profile.count({"t": ["2013-01-02T05:00:00Z", "2013-01-02T00:00:00-05:00", "soon"]})["t"]
    assert column.mismatched == 1
    assert column.numbers is not None
    moment = datetime(2013, 1, 2, 5, tzinfo=UTC).timestamp() * 1e6
    assert (column.numbers.minimum, column.numbers.maximum) == (moment, moment)


def test_labels_are_one_category_however_they_are_stored() -> None:
    profile = profile_columns({"x": np.array([1, 2, 2])}, kinds={"x": "categorical"})
    for values in ([1, 2, 2], [1.0, 2.0, 2.0], ["1", "2", "2"], np.array([1, 2, 2], dtype=np.int8)):
        assert profile.count({"x": values})["x"].categories == profile["x"].categories


def test_the_thousand_most_frequent_categories_are_kept_by_name() -> None:
    labels = np.array([f"c{number:04}" for number in range(1500)] + ["c1499"] * 5, dtype=object)
    categories = profile_columns({"x": labels})["x"].categories
    assert categories is not None
    assert (len(categories.counts), categories.other, len(categories.unlisted)) == (1000, 500, 100)
    assert next(iter(categories.counts.items())) == ("c1499", 6)


def test_moments_equal_numpy() -> None:
    values = np.random.default_rng(0).normal(5, 3, 1000)
    numbers = profile_columns({"x": values})["x"].numbers
    assert numbers is not None
    assert (numbers.minimum, numbers.maximum) == (values.min(), values.max())
    assert numbers.mean == pytest.approx(values.mean())
    assert numbers.std == pytest.approx(values.std())


def test_wrong_calls_say_what_is_wrong() -> None:
    with pytest.raises(DataError, match="different lengths"):
        profile_columns({"a": [1], "b": [1, 2]})
    with pytest.raises(DataError, match="2 dimensions"):
        profile_columns({"a": np.ones((2, 2))})
    with pytest.raises(UsageError, match="did you mean 'distance'"):
        profile_columns({"distance": [1]}, kinds={"distnce": "numeric"})
    with pytest.raises(UsageError, match="too few"):
        profile_columns({"a": [1]}, cuts=1)
    with pytest.raises(DataError, match="no column 'b'"):
        profile_columns({"a": [1]})["b"]
