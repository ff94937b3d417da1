from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright.errors import DataError, NotFoundError
from modelwright.workload.rows import read_rows
from modelwright.workload.staging import Holdout, stage

FIFTH = Holdout("rows", "n % 5 == 0", "day")


def write(path: Path, query: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def days(folder: Path) -> Path:
    """Ten files of one day each; day k holds three rows with n = k."""
    for k in range(10):
        write(folder / f"dt=2013-01-{k:02d}" / "a.parquet", f"SELECT {k} AS n, 'd{k}' AS day, x FROM range(3) t(x)")
    return folder


def numbers(path: Path) -> list[int]:
    return sorted(read_rows(str(path))["n"].tolist())


def test_held_out_rows_are_not_staged_and_kept_blocks_are_recorded(tmp_path: Path) -> None:
    found = stage("rows", days(tmp_path / "lake").as_uri(), FIFTH, tmp_path / "staged")

    assert numbers(found.path) == sorted([1, 2, 3, 4, 6, 7, 8, 9] * 3)
    assert found.blocks == ("d1", "d2", "d3", "d4", "d6", "d7", "d8", "d9")
    assert found.files == 10


def test_whole_files_are_linked_and_partial_ones_rewritten(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    write(lake / "kept.parquet", "SELECT 1 AS n, 'a' AS day FROM range(4)")
    write(lake / "mixed.parquet", "SELECT CAST(x AS INTEGER) AS n, 'b' AS day FROM range(10) t(x)")
    write(lake / "held.parquet", "SELECT 5 AS n, 'c' AS day FROM range(4)")

    found = stage("rows", str(lake), FIFTH, tmp_path / "staged")

    assert (found.path / "kept.parquet").samefile(lake / "kept.parquet")
    assert not (found.path / "held.parquet").exists()
    assert read_rows(str(found.path / "mixed.parquet"))["n"].tolist() == [1, 2, 3, 4, 6, 7, 8, 9]
    assert found.blocks == ("a", "b")


def test_a_condition_that_is_null_holds_nothing_back(tmp_path: Path) -> None:
    write(tmp_path / "lake/a.parquet", "SELECT * FROM (VALUES (NULL, 'x'), (5, 'y'), (6, 'z')) t(n, day)")

    found = stage("rows", str(tmp_path / "lake"), FIFTH, tmp_path / "staged")

    assert found.blocks == ("x", "z")


def test_partition_columns_can_be_held_out_and_are_not_doubled(tmp_path: Path) -> None:
    write(tmp_path / "lake/part=1/a.parquet", "SELECT x AS n FROM range(3) t(x)")
    write(tmp_path / "lake/part=2/a.parquet", "SELECT x AS n FROM range(3) t(x)")
    holdout = Holdout("rows", "part = 2 OR n = 0", None)

    found = stage("rows", str(tmp_path / "lake"), holdout, tmp_path / "staged")

    assert {name: values.tolist() for name, values in read_rows(str(found.path)).items()} == {
        "n": [1, 2],
        "part": [1, 1],
    }
    assert found.blocks is None


def test_an_input_without_a_holdout_is_used_where_it_lies(tmp_path: Path) -> None:
    lake = days(tmp_path / "lake")

    found = stage("rows", lake.as_uri(), Holdout("others", "n = 0"), tmp_path / "staged")

    assert (found.path, found.blocks) == (lake, None)
    assert not (tmp_path / "staged").exists()


def test_a_digest_is_that_of_the_sorted_paths_sizes_and_hashes(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for name, text in (("b/2.csv", "x\n2\n"), ("a.csv", "x\n1\n")):
        (lake / name).parent.mkdir(parents=True, exist_ok=True)
        (lake / name).write_text(text)
    listing = [
        [name, len(text), "sha256:" + hashlib.sha256(text.encode()).hexdigest()]
        for name, text in (("a.csv", "x\n1\n"), ("b/2.csv", "x\n2\n"))
    ]
    expected = hashlib.sha256(json.dumps(listing, separators=(",", ":")).encode()).hexdigest()

    assert stage("rows", str(lake), None, tmp_path / "s").digest == f"sha256:{expected}"


def test_the_digest_covers_held_out_files_too(tmp_path: Path) -> None:
    lake = days(tmp_path / "lake")
    before = stage("rows", str(lake), FIFTH, tmp_path / "one").digest
    write(lake / "dt=2013-01-05/a.parquet", "SELECT 5 AS n, 'd5' AS day, x FROM range(4) t(x)")

    assert stage("rows", str(lake), FIFTH, tmp_path / "two").digest != before


def test_csv_inputs_are_staged_too(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/a.csv").write_text("n,day\n1,x\n5,y\n")

    found = stage("rows", str(tmp_path / "lake"), FIFTH, tmp_path / "staged")

    assert numbers(found.path) == [1]


def test_a_condition_that_cannot_be_evaluated_is_shown(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'nn = 1' cannot be evaluated.*nn"):
        stage("rows", str(days(tmp_path / "lake")), Holdout("rows", "nn = 1"), tmp_path / "staged")


def test_a_holdout_that_leaves_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="leaves no row"):
        stage("rows", str(days(tmp_path / "lake")), Holdout("rows", "true"), tmp_path / "staged")


def test_an_empty_input_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="input 'rows' has no files"):
        stage("rows", str(tmp_path / "nothing"), None, tmp_path / "staged")


@settings(max_examples=10)
@given(
    files=st.lists(st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=6), min_size=1, max_size=4)
)
def test_staging_keeps_exactly_the_complement(
    files: list[list[int | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("complement")
    for index, values in enumerate(files):
        rows = ", ".join(f"({'NULL' if value is None else value}::INT, 'b{value}')" for value in values)
        write(folder / f"lake/{index}.parquet", f"SELECT * FROM (VALUES {rows}) t(n, day)")
    kept = [value for values in files for value in values if value is None or value % 5 != 0]
    if not kept:
        with pytest.raises(DataError):
            stage("rows", str(folder / "lake"), FIFTH, folder / "staged")
        return

    found = stage("rows", str(folder / "lake"), FIFTH, folder / "staged")

    staged = duckdb.execute(f"SELECT n FROM read_parquet('{found.path}/*.parquet')").fetchall()
    assert sorted(str(n) for (n,) in staged) == sorted(str(n) for n in kept)
    assert set(found.blocks or ()) == {f"b{n}" for n in kept}
