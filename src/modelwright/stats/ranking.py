"""Metrics of how scores order the positive rows among the negative ones, ties exact, for many resamples at once.

Scores are sorted once. With few blocks, AUC is a bilinear form in the blocks' multiplicities, and a thousand resamples
cost one matrix product; otherwise multiplicities are summed up along the sorted rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from modelwright.stats.columns import Floats
from modelwright.stats.sums import Codes

_CELLS = 2_000_000
_MOST_BLOCKS = 400

Curve: TypeAlias = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows by descending score.

    `order` sorts the rows, `starts` are the positions where a new score begins, `positive` is 0 or 1 in that order.
    """

    order: Codes
    starts: Codes
    positive: Codes
    curve: Curve
    reason: str = "only one class occurs"

    def resampled(self, codes: Codes, blocks: int, counts: Floats) -> Floats:
        """Return the metric for each row of `counts` (resamples x blocks): how often each block is taken."""
        if self.curve is area_under_curve and blocks <= _MOST_BLOCKS:
            return _bilinear(self, codes[self.order], blocks, counts)
        batch = max(1, _CELLS // max(1, len(self.order)))
        return np.concatenate([*self._batches(codes[self.order], counts, batch), np.empty(0)])

    def _batches(self, codes: Codes, counts: Floats, batch: int) -> Iterator[Floats]:
        for start in range(0, len(counts), batch):
            weights = counts[start : start + batch].take(codes, axis=1)
            hits = weights * self.positive
            misses = weights - hits
            with np.errstate(divide="ignore", invalid="ignore"):
                yield self.curve(self._grouped(hits), self._grouped(misses))

    def _grouped(self, weights: Floats) -> Floats:
        if len(self.starts) == weights.shape[1]:
            return weights
        return np.asarray(np.add.reduceat(weights, self.starts, axis=1))


def rank(positive: Codes, score: Floats, curve: Curve) -> Ranking:
    """Sort rows by descending score."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(score) else order
    return Ranking(order, starts, positive[order], curve)


def _bilinear(ranking: Ranking, codes: Codes, blocks: int, counts: Floats) -> Floats:
    wins = _wins(ranking, codes, blocks)
    positives = np.bincount(codes, ranking.positive, minlength=blocks)
    negatives = np.bincount(codes, 1 - ranking.positive, minlength=blocks)
    won = np.einsum("rb,rb->r", counts @ wins, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(won / ((counts @ positives) * (counts @ negatives)))


def _wins(ranking: Ranking, codes: Codes, blocks: int) -> Floats:
    """Return how many pairs the positive rows of block i win against the negative rows of block j, a tie counting half.

    In the order of scores: a row wins against all negative rows of later groups and half of those of its own group.
    """
    group = np.zeros(len(codes), dtype=np.intp)
    group[ranking.starts] = 1
    group = np.cumsum(group) - 1
    hits = ranking.positive == 1
    mine, place = codes[hits], group[hits]
    wins = np.empty((blocks, blocks))
    for block in range(blocks):
        misses = np.bincount(group[~hits & (codes == block)], minlength=len(ranking.starts))
        later = np.cumsum(misses[::-1])[::-1] - misses / 2
        wins[:, block] = np.bincount(mine, later[place], minlength=blocks)
    return wins


def area_under_curve(hits: Floats, misses: Floats) -> Floats:
    """Return the area under the ROC curve: the share of won pairs, a tie counting half."""
    total = hits.sum(axis=-1) * misses.sum(axis=-1)
    before = np.cumsum(hits, axis=-1)
    before -= hits / 2
    return np.asarray(np.einsum("rg,rg->r", before, misses) / total)


def average_precision(hits: Floats, misses: Floats) -> Floats:
    """Return `Σ (R_n - R_{n-1}) P_n` over descending thresholds (scikit-learn's definition)."""
    found = np.cumsum(hits, axis=-1)
    taken = found + np.cumsum(misses, axis=-1)
    share = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return np.asarray((hits * share).sum(axis=-1) / hits.sum(axis=-1))


def separation(hits: Floats, misses: Floats) -> Floats:
    """Return the Kolmogorov-Smirnov distance between the scores of positive and negative rows."""
    gap = np.cumsum(hits, axis=-1) / hits.sum(axis=-1, keepdims=True)
    gap -= np.cumsum(misses, axis=-1) / misses.sum(axis=-1, keepdims=True)
    return np.asarray(np.abs(gap).max(axis=-1, initial=0.0))
