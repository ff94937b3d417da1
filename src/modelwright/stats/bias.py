"""Whether a model treats groups alike: selection rates, true and false positive rates, and their distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from modelwright.errors import DataError, UsageError, did_you_mean
from modelwright.stats.columns import Floats, Values, as_values, names, spell
from modelwright.stats.outcome import binary_codes

Worse: TypeAlias = Literal["above", "below"]

FEWEST_IN_GROUP = 30


@dataclass(frozen=True, slots=True)
class BiasMetric:
    """A measure of unequal treatment; it is violated `above` (differences) or `below` (ratios) its threshold."""

    name: str
    worse: Worse
    rates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One group's rows and rates; a rate is None where it would divide by zero or needs a truth that is not there."""

    group: str
    rows: int
    selection_rate: float | None
    true_positive_rate: float | None
    false_positive_rate: float | None


@dataclass(frozen=True, slots=True)
class BiasMeasurement:
    """A bias metric over groups, or the reason why there is none; `interval` covers 95 % of binomial resamples.

    `groups` are those compared; `ignored` have fewer rows than asked for.
    """

    metric: str
    value: float | None
    interval: tuple[float, float] | None
    reason: str
    groups: tuple[GroupRates, ...]
    ignored: tuple[GroupRates, ...]

    @property
    def status(self) -> str:
        """Return `ok` or `insufficient`."""
        return "insufficient" if self.value is None else "ok"

    def violates(self, threshold: float) -> bool:
        """Return whether the value lies on the worse side of a threshold."""
        if self.value is None:
            return False
        return self.value > threshold if BIAS_METRICS[self.metric].worse == "above" else self.value < threshold


_ALL = (
    BiasMetric("demographic_parity", "above", ("selection_rate",)),
    BiasMetric("demographic_parity_ratio", "below", ("selection_rate",)),
    BiasMetric("disparate_impact", "below", ("selection_rate",)),
    BiasMetric("equal_opportunity", "above", ("true_positive_rate",)),
    BiasMetric("equalized_odds", "above", ("true_positive_rate", "false_positive_rate")),
)
BIAS_METRICS: Mapping[str, BiasMetric] = {entry.name: entry for entry in _ALL}


@dataclass(frozen=True, slots=True)
class _Tallies:
    """Rows, selected rows, positive rows, selected positive rows, selected negative rows per group."""

    names: tuple[str, ...]
    rows: Floats
    selected: Floats
    positives: Floats | None
    hits: Floats | None

    def fractions(self) -> dict[str, tuple[Floats, Floats]]:
        """Return numerator and denominator of every rate that is known."""
        known = {"selection_rate": (self.selected, self.rows)}
        if self.positives is not None and self.hits is not None:
            known["true_positive_rate"] = (self.hits, self.positives)
            known["false_positive_rate"] = (self.selected - self.hits, self.rows - self.positives)
        return known


def bias(
    metric: str,
    group: Values | Sequence[Any],
    predicted: Values | Sequence[Any],
    truth: Values | Sequence[Any] | None = None,
    *,
    positive: object = None,
    privileged: object = None,
    minimum: int = FEWEST_IN_GROUP,
    seed: int = 0,
) -> BiasMeasurement:
    """Compare groups of at least `minimum` rows.

    `demographic_parity` is the largest minus the smallest selection rate, `demographic_parity_ratio` the smallest over
    the largest; `disparate_impact` is the smallest over that of the `privileged` group (default: the largest rate).
    `equal_opportunity` is the largest difference of true positive rates, `equalized_odds` the larger one of that and
    of false positive rates; both need `truth`. `predicted` and `truth` are labels, `positive` names the positive one.
    Rows with a null anywhere are left out. Raises `UsageError` for an unknown metric, `DataError` for bad columns.
    """
    chosen = bias_metric(metric)
    tallies = _tally(group, predicted, truth, positive)
    large = tallies.rows >= minimum
    rates = _rates(tallies)
    groups = tuple(rate for rate, is_large in zip(rates, large, strict=True) if is_large)
    ignored = tuple(rate for rate, is_large in zip(rates, large, strict=True) if not is_large)
    fractions = {
        name: (top[large], bottom[large]) for name, (top, bottom) in tallies.fractions().items() if name in chosen.rates
    }
    base = _base(privileged, groups) if metric == "disparate_impact" else None
    reason = _insufficient(chosen, fractions, minimum)
    if reason:
        return BiasMeasurement(metric, None, None, reason, groups, ignored)
    value = float(_measure(chosen, [top / bottom for top, bottom in fractions.values()], base))
    if not np.isfinite(value):
        return BiasMeasurement(metric, None, None, "no group is ever selected", groups, ignored)
    drawn = _drawn(chosen, fractions, base, seed)
    return BiasMeasurement(metric, value, drawn, "", groups, ignored)


def bias_metric(name: str) -> BiasMetric:
    """Return a bias metric. Raises `UsageError` naming the nearest one for an unknown name."""
    try:
        return BIAS_METRICS[name]
    except KeyError:
        raise UsageError(f"{name!r} is no bias metric", remedy=did_you_mean(name, BIAS_METRICS)) from None


def _tally(
    group: Values | Sequence[Any],
    predicted: Values | Sequence[Any],
    truth: Values | Sequence[Any] | None,
    positive: object,
) -> _Tallies:
    groups, codes = _factorize(as_values(group, "group"))
    chosen = binary_codes(as_values(predicted, "predicted"), positive)
    actual = None if truth is None else binary_codes(as_values(truth, "truth"), positive)
    lengths = {len(codes), len(chosen), len(codes if actual is None else actual)}
    if len(lengths) > 1:
        raise DataError(f"group, predictions and truth have {sorted(lengths)} rows")
    usable = (codes >= 0) & ~np.isnan(chosen) & (True if actual is None else ~np.isnan(actual))
    codes, chosen = codes[usable], chosen[usable]

    def count(weights: Floats | None = None) -> Floats:
        return np.bincount(codes, weights, minlength=len(groups)).astype(np.float64)

    if actual is None:
        return _Tallies(groups, count(), count(chosen), None, None)
    return _Tallies(groups, count(), count(chosen), count(actual[usable]), count(actual[usable] * chosen))


def _factorize(values: Values) -> tuple[tuple[str, ...], np.ndarray[tuple[int, ...], np.dtype[np.intp]]]:
    if values.dtype.kind in "biu":
        distinct, codes = np.unique(values, return_inverse=True)
        return tuple(map(spell, distinct)), codes.reshape(-1)
    named = names(values)
    distinct_names = sorted({name for name in named if name is not None})
    numbered: dict[str | None, int] = {None: -1, **{name: code for code, name in enumerate(distinct_names)}}
    return tuple(distinct_names), np.fromiter(map(numbered.__getitem__, named), dtype=np.intp, count=len(named))


def _rates(tallies: _Tallies) -> list[GroupRates]:
    known = {
        name: [float(t) / float(b) if b else None for t, b in zip(top, bottom, strict=True)]
        for name, (top, bottom) in tallies.fractions().items()
    }
    absent: list[float | None] = [None] * len(tallies.names)
    return [
        GroupRates(name, int(tallies.rows[i]), *(known.get(rate, absent)[i] for rate in _RATES))
        for i, name in enumerate(tallies.names)
    ]


_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


def _insufficient(metric: BiasMetric, fractions: Mapping[str, tuple[Floats, Floats]], minimum: int) -> str:
    if len(fractions) < len(metric.rates):
        return f"{metric.name} needs the truth"
    first, *_ = fractions.values()
    if len(first[0]) < 2:  # noqa: PLR2004  # one group has nobody to be compared with
        return f"fewer than two groups have {minimum} rows"
    if any((bottom == 0).any() for _, bottom in fractions.values()):
        return "a group has no positive or no negative rows"
    return ""


def _base(privileged: object, groups: tuple[GroupRates, ...]) -> int | None:
    if privileged is None:
        return None
    listed = [rates.group for rates in groups]
    if spell(privileged) not in listed:
        raise DataError(
            f"no group {spell(privileged)!r} with enough rows", remedy=did_you_mean(spell(privileged), listed)
        )
    return listed.index(spell(privileged))


def _measure(metric: BiasMetric, rates: list[Floats], base: int | None) -> Floats:
    """Return the metric of rates per group (last dimension)."""
    if metric.worse == "above":
        return np.asarray(np.max([rate.max(axis=-1) - rate.min(axis=-1) for rate in rates], axis=0))
    (rate,) = rates
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(rate.min(axis=-1) / (rate.max(axis=-1) if base is None else rate[..., base]))


def _drawn(
    metric: BiasMetric, fractions: Mapping[str, tuple[Floats, Floats]], base: int | None, seed: int
) -> tuple[float, float] | None:
    generator = np.random.default_rng(seed)
    rates = [
        generator.binomial(bottom.astype(np.int64), top / bottom, size=(1000, len(top))) / bottom
        for top, bottom in fractions.values()
    ]
    values = _measure(metric, rates, base)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
