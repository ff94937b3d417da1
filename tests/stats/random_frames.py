"""Random pairs of a reference and a current column: smooth, discrete, with atoms or nulls, constant, of one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Draw = Callable[[np.random.Generator, int], Column]

NUMERIC: dict[str, Draw] = {
    "normal": lambda r, n: r.normal(size=n),
    "lognormal": lambda r, n: r.lognormal(3, 2, n),
    "integers": lambda r, n: r.integers(-5, 20, n),
    "many integers": lambda r, n: r.integers(0, 5000, n),
    "heavy zero": lambda r, n: r.exponential(size=n) * (r.random(n) < 0.3),
    "rounded": lambda r, n: r.normal(size=n).round(1),
    "constant": lambda _, n: np.full(n, 3.25),
    "tiny": lambda r, n: r.normal(size=n) * 1e-12,
    "huge": lambda r, n: r.normal(size=n) * 1e12,
}
LABELS = np.array(["AA", "B6", "DL", "UA", "", "ü"], dtype=object)


def sizes(generator: np.random.Generator) -> tuple[int, int]:
    """Return two numbers of rows, often one."""
    first, second = (int(generator.choice([1, 2, 7, 60, 800, 6000])) for _ in range(2))
    return first, second


def with_nulls(generator: np.random.Generator, column: Column) -> Column:
    """Replace some or all values by NaN, in two of three columns."""
    share = float(generator.choice([0.0, 0.1, 1.0], p=[0.4, 0.5, 0.1]))
    return np.where(generator.random(len(column)) < share, np.nan, column.astype(float))


def numeric_pairs(number: int, *, nulls: bool) -> Iterator[tuple[str, Column, Column]]:
    """Yield pairs of numeric columns, half of them shifted, scaled or of another family."""
    for seed in range(number):
        generator = np.random.default_rng(seed)
        names = list(NUMERIC)
        name = names[seed % len(names)]
        other = name if generator.random() < 0.8 else names[int(generator.integers(len(names)))]
        rows, current_rows = sizes(generator)
        reference, current = NUMERIC[name](generator, rows), NUMERIC[other](generator, current_rows)
        if generator.random() < 0.5:
            current = current * generator.choice([1.0, 1.3]) + generator.choice([0.0, 0.2])
        if nulls:
            reference, current = with_nulls(generator, reference), with_nulls(generator, current)
        yield f"{seed}: {name}, {other}, {rows}, {current_rows}", reference, current


def label_pairs(number: int) -> Iterator[tuple[str, Column, Column]]:
    """Yield pairs of label columns; the current one has other shares, nulls and new categories."""
    for seed in range(number):
        generator = np.random.default_rng(seed)
        rows, current_rows = sizes(generator)
        width = int(generator.integers(1, len(LABELS)))
        reference = LABELS[generator.integers(0, width, rows)]
        shares = generator.dirichlet(np.ones(len(LABELS)))
        current = LABELS[generator.choice(len(LABELS), size=current_rows, p=shares)]
        if seed % 3 == 0:
            reference[generator.random(rows) < 0.2] = None
        if seed % 4 == 0:
            current[generator.random(current_rows) < 0.3] = None
        yield f"{seed}: {width} labels, {rows}, {current_rows}", reference, current
