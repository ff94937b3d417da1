"""Guardrails: rules on what comes in and how sure the model is, each with one action, row by row.

Every rule that fires leaves its name among the row's flags. Of several, the strictest action wins: reject, abstain,
fallback, override, flag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelwright.errors import UsageError, did_you_mean
from modelwright.workload.serve.config import Rule
from modelwright.workload.serve.rows import Row
from modelwright.workload.signature import Column, Signature

_ORDER = ("flag", "override", "fallback", "abstain", "reject")
_KINDS = ("range", "category", "missing", "confidence")
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class _Check:
    rule: Rule
    index: int
    fires: Test


class Guardrails:
    """The compiled rules of one endpoint for one signature."""

    def __init__(self, rules: Sequence[Rule], signature: Signature) -> None:
        for rule in rules:
            _validate(rule, signature)
        by_name = {column.name: (index, column) for index, column in enumerate(signature.inputs)}
        self._checks = [_compile(rule, *by_name[rule.column]) for rule in rules if rule.column]
        self._confidence = [rule for rule in rules if rule.kind == "confidence"]
        self.any = bool(rules)

    @property
    def lenient(self) -> frozenset[str]:
        """Columns that a request may leave out because a rule answers for it."""
        answered = {"override", "fallback", "abstain", "reject"}
        return frozenset(
            str(check.rule.column)
            for check in self._checks
            if check.rule.kind == "missing" and check.rule.action in answered
        )

    def before(self, row: Row) -> Rule | None:
        """Flag a row by its inputs and return the strictest rule that fired."""
        fired = [check.rule for check in self._checks if check.fires(row.values[check.index])]
        return _strictest(row, fired) if fired else None

    def after(self, row: Row, confidence: float | None) -> Rule | None:
        """Flag a row by the model's confidence and return the strictest rule that fired."""
        if confidence is None:
            return None
        fired = [rule for rule in self._confidence if rule.below is not None and confidence < rule.below]
        return _strictest(row, fired) if fired else None

    @property
    def asks_confidence(self) -> bool:
        """Whether some rule looks at the model's confidence."""
        return bool(self._confidence)


def apply(row: Row, rule: Rule) -> None:
    """Give a row the answer of an abstention or an override, or note that it is refused."""
    if rule.action == "abstain":
        row.output = {"prediction": None}
        row.flags.append("abstained")
    elif rule.action == "override":
        row.output = {"prediction": rule.value}
        row.flags.append("overridden")
    elif rule.action == "reject":
        row.refused_by = rule.name


def _strictest(row: Row, fired: Sequence[Rule]) -> Rule:
    row.flags.extend(rule.name for rule in fired if rule.name not in row.flags)
    return max(fired, key=lambda rule: _ORDER.index(rule.action))


def _validate(rule: Rule, signature: Signature) -> None:
    if rule.kind not in _KINDS or rule.action not in _ORDER:
        raise UsageError(f"unknown guardrail {rule.kind!r} with action {rule.action!r}")
    if rule.kind != "confidence" and rule.column not in signature.names:
        raise UsageError(
            f"the guardrail {rule.name} is about no column of the model",
            remedy=did_you_mean(str(rule.column), signature.names),
        )
    if rule.kind == "confidence" and signature.classes is None:
        raise UsageError("a confidence guardrail needs a classifier with probabilities")
    if rule.action == "fallback" and not rule.to:
        raise UsageError(f"the guardrail {rule.name} falls back to nothing")


def _compile(rule: Rule, index: int, column: Column) -> _Check:
    if rule.kind == "missing":
        return _Check(rule, index, lambda value: value is None)
    if rule.kind == "range":
        return _Check(rule, index, _outside(rule))
    known = column.known if rule.known == "reference" else rule.known
    if known is None:
        raise UsageError(
            f"the guardrail {rule.name} has no list of categories: the reference holds too many values",
            remedy="give known=[…]",
        )
    values = frozenset(known)
    return _Check(rule, index, lambda value: value is not None and value not in values)


def _outside(rule: Rule) -> Test:
    low = float("-inf") if rule.low is None else rule.low
    high = float("inf") if rule.high is None else rule.high
    return lambda value: isinstance(value, int | float) and not low <= value <= high


def fallbacks_of(rules: Sequence[Rule], known: Mapping[str, str]) -> dict[str, str]:
    """Return name and model address of every fallback in use. Raises `UsageError` for one that is not configured."""
    wanted = {rule.to for rule in rules if rule.action == "fallback" and rule.to}
    if missing := sorted(wanted - known.keys()):
        raise UsageError(f"no model is configured for the fallback {', '.join(missing)}")
    return {name: known[name] for name in sorted(wanted)}
