"""The rows a training process may see: digests of the inputs, and copies without the rows held out for evaluation.

A file of which every row is kept is hard-linked, a file of which none is kept is left out, and only the rest is written
again. What was trained on is recorded as the blocks that have a kept row.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.canonical import digest_file, digest_of
from modelwright.errors import DataError, NotFoundError
from modelwright.store import local_path
from modelwright.workload.blocks import block_sql
from modelwright.workload.rows import connect, files_of, literal, quoted, scan_of, types_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FILE = "modelwright_file"


@dataclass(frozen=True, slots=True)
class Holdout:
    """Rows of an input for which the SQL condition `where` is true stay out of training; `block` names their group."""

    input: str
    where: str
    block: str | None = None
    timestamp: str | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Holdout:
        """Read the `holdout` of a training config."""
        return cls(document["input"], document["where"], document.get("block"), document.get("timestamp"))


@dataclass(frozen=True, slots=True)
class Staged:
    """One input as training sees it; `digest` is of the whole input, `blocks` those with a row that may be seen."""

    name: str
    path: Path
    digest: str
    files: int
    blocks: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the input's entry in `result.json` and in a model's `training_data`."""
        blocks = None if self.blocks is None else list(self.blocks)
        return {"digest": self.digest, "files": self.files, "blocks": blocks}


def stage(name: str, uri: str, holdout: Holdout | None, folder: Path) -> Staged:
    """Return an input without its held-out rows, staged below `folder` where there are any to keep away.

    Raises `NotFoundError` for an input without files and `DataError` for a condition that cannot be evaluated.
    """
    root = local_path(uri)
    files = input_files(root)
    if not files:
        raise NotFoundError(f"input {name!r} has no files", where=uri, remedy="write its data before training")
    digest = files_digest(root, files)
    if holdout is None or holdout.input != name:
        return Staged(name, root, digest, len(files))
    target = folder / name
    blocks = _stage_complement(root, holdout, target)
    return Staged(name, target, digest, len(files), blocks)


def input_files(root: Path) -> list[Path]:
    """Return the files below a folder (or the file itself), sorted, without hidden ones and those named `_…`."""
    if root.is_file():
        return [root]
    return sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith((".", "_")))


def files_digest(root: Path, files: Sequence[Path]) -> str:
    """Return the digest of the sorted list of (path below the root, size, sha256)."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        digests = list(pool.map(digest_file, files))
    names = [path.name if path == root else path.relative_to(root).as_posix() for path in files]
    return digest_of([[name, path.stat().st_size, sha] for name, path, sha in zip(names, files, digests, strict=True)])


def _stage_complement(root: Path, holdout: Holdout, target: Path) -> tuple[str, ...] | None:
    import duckdb

    base = root.parent if root.is_file() else root
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with connect() as connection:
        try:
            kept, blocks = _survey(connection, files_of(str(root)), holdout)
            for path, (rows, total) in kept.items():
                if rows:
                    _place(connection, path, target / path.relative_to(base), holdout.where, whole=rows == total)
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise DataError(f"the holdout {holdout.where!r} cannot be evaluated: {reason}", where=str(root)) from error
    if not any(rows for rows, _ in kept.values()):
        raise DataError(f"the holdout {holdout.where!r} leaves no row to train on", where=str(root))
    return blocks


def _survey(
    connection: DuckDBPyConnection, files: Sequence[Path], holdout: Holdout
) -> tuple[dict[Path, tuple[int, int]], tuple[str, ...] | None]:
    """Return each file's (kept rows, rows), and the blocks that have a kept row."""
    scan = f"{scan_of(files).removesuffix(')')}, filename='{_FILE}')"
    free = f"({holdout.where}) IS NOT TRUE"
    names = block_sql(holdout.block, holdout.timestamp) if holdout.block else None
    block = f"list(DISTINCT {names}) FILTER ({free})" if names else "NULL"
    rows = connection.execute(
        f"SELECT {_FILE}, count(*) FILTER ({free}), count(*), {block} FROM {scan} GROUP BY ALL ORDER BY ALL"  # noqa: S608  the condition is the project's own
    ).fetchall()
    kept = {Path(path): (seen, total) for path, seen, total, _ in rows}
    if holdout.block is None:
        return kept, None
    return kept, tuple(sorted({str(value) for *_, values in rows for value in values or ()}))


def _place(connection: DuckDBPyConnection, source: Path, target: Path, where: str, *, whole: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if whole and source.suffix == ".parquet":
        _link(source, target)
        return
    # Partition columns stand in the path; written into the file as well they would be read twice.
    own = ", ".join(quoted(column) for column in types_of(connection, scan_of([source], hive=False)))
    copied = target.with_suffix(".parquet")
    connection.execute(
        f"COPY (SELECT {own} FROM {scan_of([source])} WHERE ({where}) IS NOT TRUE) "  # noqa: S608  as above
        f"TO {literal(str(copied))} (FORMAT parquet)"
    )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)
