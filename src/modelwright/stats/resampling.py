"""Blocks of rows, and how often each is taken when blocks are drawn with replacement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import DataError
from modelwright.stats.columns import Floats, Values, as_values, names
from modelwright.stats.metrics import Prepared
from modelwright.stats.sums import Codes

_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which block each row belongs to; rows of one block (a day, a customer) are taken together or not at all."""

    codes: Codes
    number: int

    def draws(self, resamples: int, seed: int) -> Iterator[Floats]:
        """Yield batches of `(resamples, blocks)` multiplicities, together `resamples` rows; a seed fixes them."""
        generator = np.random.default_rng(seed)
        batch = max(1, _CELLS // max(1, self.number))
        for start in range(0, resamples, batch):
            size = min(batch, resamples - start)
            drawn = generator.integers(0, self.number, size=(size, self.number))
            drawn += np.arange(size)[:, None] * self.number
            counts = np.bincount(drawn.ravel(), minlength=size * self.number)
            yield counts.reshape(size, self.number).astype(np.float64)


def blocks_of(blocks: Values | Sequence[Any] | None, kept: NDArray[np.bool_]) -> Blocks:
    """Number the blocks of the kept rows; without blocks every row is its own.

    A null block is a block of its own. Raises `DataError` if `blocks` has not one entry per row.
    """
    rows = int(kept.sum())
    if blocks is None:
        return Blocks(np.arange(rows), rows)
    values = as_values(blocks, "blocks")
    if len(values) != len(kept):
        raise DataError(f"{len(values)} blocks for {len(kept)} rows", remedy="give one block per row")
    return number_blocks(values[kept])


def number_blocks(values: Values) -> Blocks:
    """Number the distinct values."""
    if values.dtype.kind in "biuM":
        distinct, codes = np.unique(values, return_inverse=True)
        return Blocks(codes.reshape(-1), len(distinct))
    known: dict[str | None, int] = {}
    coded = [known.setdefault(name, len(known)) for name in names(values)]
    return Blocks(np.array(coded, dtype=np.intp), len(known))


def resample(prepared: Sequence[Prepared], blocks: Blocks, resamples: int, seed: int) -> list[Floats]:
    """Return each metric's value in every resample; all metrics see the same resamples (they are paired)."""
    parts: list[list[Floats]] = [[] for _ in prepared]
    for counts in blocks.draws(resamples, seed):
        for values, part in zip(parts, prepared, strict=True):
            values.append(part.resampled(blocks.codes, blocks.number, counts))
    return [np.concatenate([*values, np.empty(0)]) for values in parts]
