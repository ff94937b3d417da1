"""Whether rows are fit for use: nulls, types, ranges, categories, duplicates, constants and their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from modelwright.stats.columns import Columns, as_columns, is_null
from modelwright.stats.profile import ColumnProfile, Profile

Status: TypeAlias = Literal["ok", "violated", "insufficient"]
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What is tolerated; None leaves a check out.

    Shares are of all rows of the window: `nulls` (mismatched values included), `mismatched` (values of another type),
    `out_of_range` (numbers outside of the reference's extremes), `new_categories` (rows with a category that the
    reference lacks), `duplicates` (rows whose keys occurred before). `constant` forbids a column to become constant
    that was not in the reference. `rows` is the least number of rows.
    """

    nulls: float | None = None
    mismatched: float | None = 0.0
    out_of_range: float | None = None
    new_categories: float | None = None
    constant: bool = False
    duplicates: float | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check on one column (`column` is empty for checks on rows)."""

    check: str
    column: str
    status: Status
    value: float | None
    threshold: float
    message: str


Measure: TypeAlias = Callable[[ColumnProfile, ColumnProfile], tuple[float | None, str]]


def check_quality(reference: Profile, current: Profile, limits: Limits) -> tuple[Finding, ...]:
    """Check rows counted against a reference; every check that `limits` names answers for every column it fits.

    A window without rows is `insufficient` for all checks but the number of rows.
    """
    findings = [_rows(current, limits.rows)] if limits.rows is not None else []
    for name, column in reference.columns.items():
        findings.extend(_column(name, column, current[name], limits))
    return tuple(findings)


def _rows(current: Profile, least: int) -> Finding:
    status: Status = "violated" if current.rows < least else "ok"
    return Finding("rows", "", status, float(current.rows), float(least), f"{current.rows} rows, at least {least}")


def _column(name: str, reference: ColumnProfile, current: ColumnProfile, limits: Limits) -> Iterable[Finding]:
    measures: tuple[tuple[str, float | None, Measure, bool], ...] = (
        ("nulls", limits.nulls, _nulls, True),
        ("mismatched", limits.mismatched, _mismatched, reference.kind != "categorical"),
        ("out_of_range", limits.out_of_range, _out_of_range, reference.numbers is not None),
        ("new_categories", limits.new_categories, _new_categories, reference.kind == "categorical"),
        ("constant", 0.0 if limits.constant else None, _constant, not reference.constant),
    )
    for check, limit, measure, fits in measures:
        if limit is not None and fits:
            yield _finding(check, name, measure(reference, current), limit)


def _finding(check: str, column: str, measured: tuple[float | None, str], limit: float) -> Finding:
    value, message = measured
    if value is None:
        return Finding(check, column, "insufficient", None, limit, message)
    return Finding(check, column, "violated" if value > limit else "ok", value, limit, message)


def _share(count: int, current: ColumnProfile, what: str) -> tuple[float | None, str]:
    if not current.total:
        return None, "the window has no rows"
    return count / current.total, f"{count} of {current.total} {what}"


def _nulls(_: ColumnProfile, current: ColumnProfile) -> tuple[float | None, str]:
    return _share(current.nulls, current, "are null")


def _mismatched(reference: ColumnProfile, current: ColumnProfile) -> tuple[float | None, str]:
    return _share(current.mismatched, current, f"are not {reference.kind}")


def _out_of_range(reference: ColumnProfile, current: ColumnProfile) -> tuple[float | None, str]:
    first, second = reference.numbers, current.numbers
    assert first is not None
    assert second is not None
    if first.minimum is None:
        return None, "the reference has no values"
    outside = int(second.counts[0] + second.counts[-1])
    return _share(outside, current, f"lie outside of [{first.minimum:g}, {first.maximum:g}]")


def _new_categories(reference: ColumnProfile, current: ColumnProfile) -> tuple[float | None, str]:
    assert reference.categories is not None
    assert current.categories is not None
    if reference.categories.other:
        return None, f"the reference has more than {len(reference.categories.counts)} categories"
    names = list(current.categories.unlisted)
    shown = ", ".join(map(repr, names[:_NAMED])) + (", …" if len(names) > _NAMED else "")
    return _share(current.categories.other, current, f"have a new category{': ' if shown else ''}{shown}")


def _constant(_: ColumnProfile, current: ColumnProfile) -> tuple[float | None, str]:
    if current.present < 2:  # noqa: PLR2004  # one value is constant by necessity
        return None, "fewer than two values"
    return (1.0, "only one value occurs") if current.constant else (0.0, "several values occur")


def duplicates(keys: Columns, limit: float = 0.0) -> Finding:
    """Check that no two rows have the same keys; rows with a null key are left out."""
    arrays = as_columns(keys)
    rows = [row for row in zip(*(values.tolist() for values in arrays.values()), strict=True) if _keyed(row)]
    repeated = len(rows) - _distinct(rows)
    if not rows:
        return Finding("duplicates", "", "insufficient", None, limit, "no row has a key")
    return _finding("duplicates", "", (repeated / len(rows), f"{repeated} of {len(rows)} keys occurred before"), limit)


def _distinct(rows: list[tuple[object, ...]]) -> int:
    try:
        return len(set(rows))
    except TypeError:  # lists and dicts have no hash
        return len(set(map(repr, rows)))


def _keyed(row: tuple[object, ...]) -> bool:
    return not any(is_null(item) for item in row)
