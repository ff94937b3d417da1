"""Where to cut the number line, and how many values fall between the cuts.

Bins are `(-inf, c1], (c1, c2], …, (ck, inf)`. A value that would fill bins on its own (an atom) stands alone between
its predecessor among the doubles and itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelwright.stats.columns import Floats

DECILES = np.arange(1, 10) / 10
DEFAULT_CUTS = 1023


def decile_edges(ordered: Floats) -> Floats:
    """Return the bin edges of PSI: `numpy.unique(numpy.quantile(values, [0.1, …, 0.9]))`, method `linear`.

    `ordered` holds the values without nulls, ascending. A constant column (one distinct value v) has the edges
    `nextafter(v, -inf), v`, so that values below it are seen as well as values above.
    """
    if not len(ordered):
        return np.empty(0)
    if ordered[0] == ordered[-1]:
        return np.array([_before(ordered[0]), ordered[0]])
    return _unique(np.quantile(ordered, DECILES))


def quantile_cuts(ordered: Floats, number: int) -> Floats:
    """Return ascending cuts: `number` quantiles, the decile edges, the extremes, and a bin for every atom.

    The first bin lies below the smallest value and the last above the largest. With at most `number / 2` distinct
    values each of them is an atom, and all statistics from the counts are exact.
    """
    if not len(ordered):
        return np.empty(0)
    distinct = ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
    if len(distinct) <= number // 2:
        grid, atoms = distinct, distinct
    else:
        grid = np.quantile(ordered, np.arange(1, number + 1) / (number + 1))
        atoms = grid[1:][grid[1:] == grid[:-1]]
    parts = (grid, _before(atoms), decile_edges(ordered), [_before(ordered[0]), ordered[-1]])
    return _unique(np.concatenate(parts))


def _unique(points: Floats) -> Floats:
    return np.unique(points[np.isfinite(points)])


def _before(value: Floats) -> Floats:
    return np.nextafter(value, -np.inf)


def count_between(ordered: Floats, cuts: Floats) -> NDArray[np.int64]:
    """Return the number of values in each of the `len(cuts) + 1` bins.

    `ordered` is ascending and without nulls: sorting a million doubles takes numpy 7 ms, `searchsorted` of the
    unsorted values 73 ms.
    """
    below = np.searchsorted(ordered, cuts, side="right")
    return np.diff(below, prepend=0, append=len(ordered)).astype(np.int64)


def coarsen(counts: NDArray[np.int64], cuts: Floats, edges: Floats) -> NDArray[np.int64]:
    """Return the counts of the bins between `edges`, each of which is one of `cuts`."""
    total = counts.sum()
    below = np.cumsum(counts)[np.searchsorted(cuts, edges)] if len(edges) else np.empty(0, dtype=np.int64)
    return np.diff(below, prepend=0, append=total).astype(np.int64)


def edge_names(edges: Floats) -> tuple[str, ...]:
    """Return `(-inf, 3.0]`, `(3.0, 7.5]`, … for the bins between edges."""
    points = ["-inf", *(f"{edge:.6g}" for edge in edges), "inf"]
    closing = ["]"] * len(edges) + [")"]
    return tuple(f"({low}, {high}{end}" for low, high, end in zip(points, points[1:], closing, strict=False))
