"""Distances between two distributions given as shares or cumulated shares per bin.

The current side may have leading dimensions (`(…, bins)`), one row per resample; the result drops the last dimension.
"""

from __future__ import annotations

import numpy as np

from modelwright.stats.columns import Floats

FLOOR = 1e-4


def population_stability(reference: Floats, current: Floats) -> Floats:
    """Return `Σ (p - q) · ln(p / q)` over shares raised to at least 1e-4, not renormalised."""
    p, q = np.maximum(reference, FLOOR), np.maximum(current, FLOOR)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def jensen_shannon(reference: Floats, current: Floats) -> Floats:
    """Return the Jensen-Shannon distance, base 2: the root of the divergence, between 0 and 1."""
    middle = (reference + current) / 2
    divergence = (_relative_entropy(reference, middle) + _relative_entropy(current, middle)) / 2
    return np.asarray(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def _relative_entropy(shares: Floats, base: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, shares * np.log2(shares / base), 0.0)
    return np.asarray(terms.sum(axis=-1))


def largest_difference(reference: Floats, current: Floats) -> Floats:
    """Return `max |p - q|`: L-infinity of shares, Kolmogorov-Smirnov of cumulated shares."""
    return np.asarray(np.abs(reference - current).max(axis=-1, initial=0.0))


def area_between(reference: Floats, current: Floats, points: Floats) -> Floats:
    """Return `∫ |F - G| dx` of two distribution functions known at ascending points and linear between them."""
    gap = current - reference
    left, right = gap[..., :-1], gap[..., 1:]
    height = (np.abs(left) + np.abs(right)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (left**2 + right**2) / (2 * (np.abs(left) + np.abs(right)))  # two triangles instead of a trapezium
    mean = np.where(left * right < 0, crossing, height)
    return np.asarray((mean * np.diff(points)).sum(axis=-1))


def chi_square(reference: Floats, current: Floats) -> Floats:
    """Return Pearson's statistic of the 2 x bins table of counts, without continuity correction; 0 for one bin."""
    both = reference + current
    rows = reference.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    total = rows[0] + rows[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [
            np.where(both > 0, (counts - both * size / total) ** 2 / (both * size / total), 0.0)
            for counts, size in zip((reference, current), rows, strict=True)
        ]
    return np.asarray((parts[0] + parts[1]).sum(axis=-1))


def cramers_v(reference: Floats, current: Floats) -> Floats:
    """Return `sqrt(chi² / n)`, the effect size of a table with two rows: between 0 and 1 at any number of rows."""
    total = reference.sum(axis=-1) + current.sum(axis=-1)
    return np.asarray(np.sqrt(np.clip(chi_square(reference, current) / total, 0.0, 1.0)))
