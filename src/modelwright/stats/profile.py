"""What a set of rows looks like, in counts: the reference that a model is stored with, and windows counted against it.

A reference is made from its rows once (`profile_columns`); later rows are counted in the reference's own bins
(`Profile.count`), and such counts add up over shards (`merge`), exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from modelwright.errors import DataError, UsageError, did_you_mean
from modelwright.stats.bins import DEFAULT_CUTS, count_between, decile_edges, quantile_cuts
from modelwright.stats.categories import Categories
from modelwright.stats.columns import KINDS, Columns, Kind, Values, as_columns, infer_kind, labels, numbers
from modelwright.stats.numbers import Numbers, moments
from modelwright.stats.replay import ReferenceDrift

FEWEST_CUTS = 9


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """The counts of one column: exactly one of `numbers` and `categories` is set.

    `nulls` includes `mismatched`, the values that are not of the column's kind (text among numbers).
    """

    kind: Kind
    total: int
    nulls: int
    mismatched: int
    numbers: Numbers | None = None
    categories: Categories | None = None

    @property
    def present(self) -> int:
        """Return the number of values that are not null."""
        return self.total - self.nulls

    @property
    def constant(self) -> bool:
        """Return whether all values that are not null are the same."""
        if self.numbers is not None:
            return self.present > 0 and self.numbers.minimum == self.numbers.maximum
        return self.categories is not None and self.categories.distinct == 1

    def count(self, values: Values) -> ColumnProfile:
        """Return the counts of other values in this column's bins."""
        if self.numbers is not None:
            floats, mismatched = numbers(values, self.kind)
            ordered = np.sort(floats[~np.isnan(floats)])
            cut = replace(self.numbers, counts=count_between(ordered, self.numbers.cuts), **moments(ordered))
            return ColumnProfile(self.kind, len(values), len(values) - len(ordered), mismatched, numbers=cut)
        assert self.categories is not None
        found, nulls, mismatched = _labels(values, self.kind)
        return ColumnProfile(self.kind, len(values), nulls, mismatched, categories=self.categories.count(found))


@dataclass(frozen=True, slots=True)
class Profile:
    """The columns of a set of rows.

    A reference may carry what its own windows drift (`replays`) and what the model's predictions on it rest on
    (`importances` per column, see `attribution`).
    """

    rows: int
    columns: Mapping[str, ColumnProfile]
    replays: tuple[ReferenceDrift, ...] = ()
    importances: Mapping[str, float] | None = None

    def __getitem__(self, name: str) -> ColumnProfile:
        """Return a column's profile. Raises `DataError` naming the nearest column for an unknown name."""
        try:
            return self.columns[name]
        except KeyError:
            raise DataError(f"no column {name!r} in the profile", remedy=did_you_mean(name, self.columns)) from None

    def count(self, columns: Columns) -> Profile:
        """Return the counts of other rows in this profile's bins.

        A column that the rows lack counts as null in every row; columns that the profile lacks are ignored.
        """
        arrays = as_columns(columns)
        rows = len(next(iter(arrays.values()))) if arrays else 0
        counted = {
            name: column.count(arrays[name]) if name in arrays else column.count(np.full(rows, None, dtype=object))
            for name, column in self.columns.items()
        }
        return Profile(rows, counted)

    def with_replay(self, drift: ReferenceDrift) -> Profile:
        """Return the profile with a replay added; one for the same window length is replaced."""
        others = tuple(known for known in self.replays if known.window != drift.window)
        return replace(self, replays=(*others, drift))

    def with_importances(self, importances: Mapping[str, float]) -> Profile:
        """Return the profile with the importances of the model's columns."""
        return replace(self, importances=dict(importances))

    def replay(self, window: float) -> ReferenceDrift | None:
        """Return what windows of this many seconds drift inside the reference, if it was computed."""
        return next((known for known in self.replays if known.window == window), None)

    def to_bytes(self) -> bytes:
        """Return the profile as gzipped canonical JSON, `modelwright.profile/1`: equal profiles give equal bytes."""
        from modelwright.stats.document import encode

        return encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Profile:
        """Read what `to_bytes` wrote. Raises `DataError` or `FormatVersionError` for anything else."""
        from modelwright.stats.document import decode

        return decode(data)

    @property
    def digest(self) -> str:
        """Return `sha256:<hex>` of `to_bytes()`."""
        from modelwright.canonical import digest

        return digest(self.to_bytes())


def profile_columns(columns: Columns, *, cuts: int = DEFAULT_CUTS, kinds: Mapping[str, Kind] | None = None) -> Profile:
    """Profile the rows of a reference; `kinds` overrides what the values look like, column by column.

    Raises `DataError` for columns of different lengths, `UsageError` for an unknown kind or column in `kinds` and for
    fewer than 9 cuts.
    """
    arrays = as_columns(columns)
    given = dict(kinds or {})
    _check(given, arrays, cuts)
    rows = len(next(iter(arrays.values()))) if arrays else 0
    found = {name: _profile(values, given.get(name) or infer_kind(values), cuts) for name, values in arrays.items()}
    return Profile(rows, found)


def _check(kinds: Mapping[str, Kind], columns: Mapping[str, Values], cuts: int) -> None:
    if cuts < FEWEST_CUTS:
        raise UsageError(f"{cuts} cuts are too few", remedy=f"give at least {FEWEST_CUTS}")
    for name, kind in kinds.items():
        if name not in columns:
            raise UsageError(f"a kind is given for {name!r}, which is no column", remedy=did_you_mean(name, columns))
        if kind not in KINDS:
            raise UsageError(f"{kind!r} is no kind of column", where=name, remedy=did_you_mean(kind, KINDS))


def _profile(values: Values, kind: Kind, cuts: int) -> ColumnProfile:
    if kind in ("categorical", "boolean"):
        found, nulls, mismatched = _labels(values, kind)
        counted = Categories.both(found) if kind == "boolean" else Categories.top(found)
        return ColumnProfile(kind, len(values), nulls, mismatched, categories=counted)
    floats, mismatched = numbers(values, kind)
    ordered = np.sort(floats[~np.isnan(floats)])
    points = quantile_cuts(ordered, cuts)
    counted_numbers = Numbers(points, decile_edges(ordered), count_between(ordered, points), **moments(ordered))
    return ColumnProfile(kind, len(values), len(values) - len(ordered), mismatched, numbers=counted_numbers)


def _labels(values: Values, kind: Kind) -> tuple[Counter[str], int, int]:
    found, nulls = labels(values)
    if kind == "categorical":
        return found, nulls, 0
    if values.dtype.kind in "iufO":  # 0 and 1 are how some writers spell booleans
        found = Counter({"true": found["true"] + found["1"], "false": found["false"] + found["0"]}) + Counter(
            {name: count for name, count in found.items() if name not in ("0", "1", "true", "false")}
        )
    mismatched = sum(count for name, count in found.items() if name not in ("true", "false"))
    return Counter({name: found[name] for name in ("false", "true")}), nulls + mismatched, mismatched


def merge(first: Profile, *others: Profile) -> Profile:
    """Add profiles that were counted in the same bins (shards of one window); counts, extremes and labels are exact.

    Means and deviations agree with those of all rows to rounding. Raises `DataError` for profiles with different
    bins: two references cannot be added, profile their rows together instead.
    """
    for other in others:
        if list(other.columns) != list(first.columns):
            raise DataError("profiles of different columns cannot be added")
    columns = {
        name: merge_columns([column, *(other.columns[name] for other in others)], name)
        for name, column in first.columns.items()
    }
    return Profile(first.rows + sum(other.rows for other in others), columns)


def merge_columns(parts: Iterable[ColumnProfile], name: str = "column") -> ColumnProfile:
    """Add profiles of one column that were counted in the same bins. Raises `DataError` for different bins."""
    shards = list(parts)
    first = shards[0]
    number_parts = [part.numbers for part in shards if part.numbers is not None]
    category_parts = [part.categories for part in shards if part.categories is not None]
    if len({part.kind for part in shards}) > 1 or not _same_bins(number_parts, category_parts):
        raise DataError(
            "profiles with different bins cannot be added",
            where=name,
            remedy="count the rows against one reference profile, or profile all reference rows together",
        )
    return ColumnProfile(
        first.kind,
        sum(part.total for part in shards),
        sum(part.nulls for part in shards),
        sum(part.mismatched for part in shards),
        numbers=Numbers.sum(number_parts) if number_parts else None,
        categories=Categories.sum(category_parts) if category_parts else None,
    )


def _same_bins(number_parts: list[Numbers], category_parts: list[Categories]) -> bool:
    first = number_parts[0] if number_parts else None
    same = all(np.array_equal(part.cuts, first.cuts) for part in number_parts[1:]) if first else True
    return same and len({frozenset(part.counts) for part in category_parts}) <= 1
