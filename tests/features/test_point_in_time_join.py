from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.planted import moments, partition, view

from modelwright.errors import DataError, NotFoundError
from modelwright.workload.offline import OfflineFeatures
from modelwright.workload.rows import read_rows, write_parquet

HOUR = 3_600_000_000
KEYS = ["AA", "UA", "DL"]
ROW = st.tuples(st.sampled_from(KEYS), st.integers(0, 12), st.integers(-2, 12))
ASK = st.tuples(st.sampled_from([*KEYS, "ZZ", None]), st.one_of(st.none(), st.integers(-1, 16)))


def frame_of(rows: list[tuple[Any, Any]]) -> dict[str, Any]:
    at = [np.datetime64("NaT") if hour is None else np.datetime64(hour * HOUR, "us") for _, hour in rows]
    keys = np.array([key for key, _ in rows], dtype=object)
    return {"carrier": keys, "at": np.array(at, dtype="datetime64[us]")}


def answer(rows: list[tuple[str, int, int]], key: Any, at: int | None, ttl: int | None, *, as_known: bool) -> float:
    """The definition, row by row: among the rows known at that time, the newest, if it is fresh."""
    known = [
        (event, created, number)
        for number, (name, event, created) in enumerate(rows)
        if at is not None and name == key and event <= at and (created <= at or not as_known)
    ]
    if not known or at is None or (ttl is not None and at - max(known)[0] > ttl):
        return float("nan")
    return float(max(known)[2])


@settings(max_examples=100)
@given(
    rows=st.lists(ROW, max_size=25),
    asked=st.lists(ASK, min_size=1, max_size=20),
    ttl=st.sampled_from([None, 0, 3]),
    as_known=st.booleans(),
    late=st.sampled_from([None, None, -1, 0, 2]),
)
def test_every_answer_is_the_one_found_row_by_row(
    rows: list[tuple[str, int, int]], asked: list[tuple[Any, Any]], ttl: int | None, as_known: bool, late: int | None
) -> None:
    if late is not None:  # every row equally long after its event, which the join makes use of
        rows = [(key, event, event + late) for key, event, _ in rows]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if rows:
            partition(
                root,
                {
                    "carrier": np.array([key for key, _, _ in rows], dtype=object),
                    "event_time": np.array([event * HOUR for _, event, _ in rows], dtype="datetime64[us]"),
                    "created_time": np.array([created * HOUR for _, _, created in rows], dtype="datetime64[us]"),
                    "delay": np.arange(len(rows), dtype=float),
                },
            )
        seconds = None if ttl is None else ttl * 3600.0
        features = OfflineFeatures(root.as_uri(), [view(root, ttl=seconds, features={"delay": "float64"})])
        joined, _ = features.join(frame_of(asked), on="carrier", at="at", as_known=as_known)
    expected = [answer(rows, key, at, ttl, as_known=as_known) for key, at in asked]
    np.testing.assert_array_equal(joined["delay"], expected)
    assert list(joined["carrier"]) == [key for key, _ in asked]


@pytest.fixture
def features(tmp_path: Path) -> OfflineFeatures:
    partition(
        tmp_path,
        {
            "carrier": np.array(["AA", "AA", "UA"]),
            "event_time": moments("2013-01-01", "2013-01-02", "2013-01-02"),
            "created_time": moments("2013-01-01", "2013-01-05", "2013-01-02"),
            "delay": np.array([1.0, 2.0, 3.0]),
            "flights": np.array([10, 20, 30]),
        },
    )
    return OfflineFeatures(tmp_path.as_uri(), [view(tmp_path)])


def test_a_correction_that_was_not_yet_known_is_not_used(features: OfflineFeatures) -> None:
    frame = {"carrier": np.array(["AA", "AA"]), "at": moments("2013-01-04T23:59:59.999999", "2013-01-05")}
    joined, use = features.join(frame, on="carrier", at="at")
    assert joined["delay"].tolist() == [1.0, 2.0]
    assert joined["flights"].dtype == np.int64
    assert use == [{"view": "carrier", "schema": "abcdef12", "entity": ["carrier"], "columns": ["delay", "flights"]}]


@pytest.mark.parametrize("newer_known", ["2013-01-03", "2013-01-04", "2013-01-05"])
def test_an_old_row_that_came_late_does_not_displace_a_newer_one(tmp_path: Path, newer_known: str) -> None:
    partition(
        tmp_path,
        {
            "carrier": np.array(["AA", "AA"]),
            "event_time": moments("2013-01-01", "2013-01-02"),
            "created_time": moments("2013-01-05", newer_known),
            "delay": np.array([1.0, 2.0]),
            "flights": np.array([10, 20]),
        },
    )
    frame = {"carrier": np.array(["AA"]), "at": moments("2013-01-06")}
    joined, _ = OfflineFeatures(tmp_path.as_uri(), [view(tmp_path)]).join(frame, on="carrier", at="at")
    assert joined["delay"].tolist() == [2.0]


def test_at_exactly_the_ttl_a_row_still_counts(features: OfflineFeatures) -> None:
    frame = {"carrier": np.array(["UA", "UA"]), "at": moments("2013-01-09", "2013-01-09T00:00:00.000001")}
    assert features.join(frame, on="carrier", at="at")[0]["delay"].tolist()[0] == 3.0
    assert np.isnan(features.join(frame, on="carrier", at="at")[0]["delay"][1])


def test_a_pandas_frame_keeps_its_index_order_and_zone(features: OfflineFeatures) -> None:
    local = pd.to_datetime(["2013-01-06", "2013-01-03", "2013-01-03"]).tz_localize("America/New_York")
    frame = pd.DataFrame({"carrier": pd.Categorical(["AA", "ZZ", "UA"]), "at": local}, index=[7, 3, 5])
    joined, _ = features.join(frame, on="carrier", at="at")
    assert list(joined.index) == [7, 3, 5]
    assert joined["at"].dtype == frame["at"].dtype
    assert joined["delay"].isna().tolist() == [False, True, False]
    assert joined["delay"].tolist()[0] == 2.0


def test_nullable_pandas_keys_keep_their_rows(features: OfflineFeatures) -> None:
    keys = pd.Series(["AA", pd.NA, "UA"], dtype="string")
    frame = pd.DataFrame({"carrier": keys, "at": pd.to_datetime(["2013-01-06"] * 3).tz_localize("UTC")})
    joined, _ = features.join(frame, on="carrier", at="at")
    assert joined["delay"].isna().tolist() == [False, True, False]


def test_a_parquet_file_gives_a_parquet_file_with_all_its_columns(features: OfflineFeatures, tmp_path: Path) -> None:
    source = tmp_path / "flights.parquet"
    columns = {"who": np.array(["UA", "ZZ"]), "at": moments("2013-01-03", "2013-01-03"), "x": np.array([5, 6])}
    write_parquet(source, columns)
    joined, _ = features.join(source, on={"carrier": "who"}, at="at", to=tmp_path / "joined.parquet")
    found = read_rows(str(joined))
    assert found["x"].tolist() == [5, 6]
    assert found["who"].tolist() == ["UA", "ZZ"]
    assert found["delay"].tolist()[0] == 3.0
    assert np.isnan(found["delay"][1])


def test_before_the_first_materialisation_every_answer_is_null(tmp_path: Path) -> None:
    frame = {"carrier": np.array(["AA"]), "at": moments("2013-01-04")}
    joined, _ = OfflineFeatures(tmp_path.as_uri(), [view(tmp_path)]).join(frame, on="carrier", at="at")
    assert np.isnan(joined["delay"]).all()


@pytest.mark.parametrize(
    "naive",
    [
        pd.DataFrame({"carrier": ["AA"], "at": pd.to_datetime(["2013-01-04"])}),
        {"carrier": np.array(["AA"]), "at": np.array(["2013-01-04T00:00:00"])},
        {"carrier": np.array(["AA"]), "at": np.array([pd.Timestamp("2013-01-04")], dtype=object)},
    ],
    ids=["pandas", "text", "datetime"],
)
def test_naive_times_are_refused(features: OfflineFeatures, naive: Any) -> None:
    with pytest.raises(DataError, match="no time zone"):
        features.join(naive, on="carrier", at="at")


def test_naive_times_of_a_file_are_refused_too(features: OfflineFeatures, tmp_path: Path) -> None:
    file = tmp_path / "naive.parquet"
    duckdb.connect().execute(f"COPY (SELECT 'AA' AS carrier, TIMESTAMP '2013-01-04' AS at) TO '{file}'")
    read = read_rows(str(file))
    assert read["at"].tolist() == moments("2013-01-04").tolist()
    for frame in (read, {name: values[:1] for name, values in read.items()}, file):
        with pytest.raises(DataError, match=r"without a time zone|not a time with a zone"):
            features.join(frame, on="carrier", at="at")


def test_a_column_that_the_frame_has_already_is_refused(features: OfflineFeatures) -> None:
    frame = {"carrier": np.array(["AA"]), "at": moments("2013-01-04"), "delay": np.array([0.0])}
    with pytest.raises(DataError, match="'delay' of view 'carrier' is already a column"):
        features.join(frame, on="carrier", at="at")


def test_a_key_of_another_type_is_refused_by_name(features: OfflineFeatures) -> None:
    frame = {"carrier": np.array([1]), "at": moments("2013-01-04")}
    with pytest.raises(DataError, match="'carrier' is BIGINT in the frame and VARCHAR"):
        features.join(frame, on="carrier", at="at")


def test_an_unknown_view_suggests_the_nearest(features: OfflineFeatures) -> None:
    frame = {"carrier": np.array(["AA"]), "at": moments("2013-01-04")}
    with pytest.raises(NotFoundError, match="did you mean 'carrier'"):
        features.join(frame, "carier", on="carrier", at="at")
    with pytest.raises(DataError, match="no feature view has the entity tailnum"):
        features.join(frame, on="tailnum", at="at")


def test_several_views_of_one_entity_are_joined_together(tmp_path: Path) -> None:
    key, time = np.array(["AA"]), moments("2013-01-01")
    shared = {"carrier": key, "event_time": time, "created_time": time}
    partition(tmp_path, {**shared, "delay": np.array([1.5])})
    partition(tmp_path, {**shared, "planes": np.array([4])}, "features/fleet/00000001")
    views = [
        view(tmp_path, features={"delay": "float64"}),
        view(tmp_path, name="fleet", schema="00000001", features={"planes": "int64"}),
    ]
    frame = {"carrier": key, "at": moments("2013-01-02")}
    joined, use = OfflineFeatures(tmp_path.as_uri(), views).join(frame, on=["carrier"], at="at")
    assert (joined["delay"].tolist(), joined["planes"].tolist()) == ([1.5], [4])
    assert [each["view"] for each in use] == ["carrier", "fleet"]
