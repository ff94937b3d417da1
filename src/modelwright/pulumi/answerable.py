"""Whether everything in a target can be answered, asked before anything is registered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from modelwright.assembly.value import Given, Lookup, SecretRef, Slot, Value, nodes
from modelwright.errors import UsageError, did_you_mean
from modelwright.pulumi.configuration import refuse_missing
from modelwright.pulumi.given import Gifts
from modelwright.pulumi.target import Target

Kind = TypeVar("Kind", Given, Lookup, SecretRef, Slot)


def refuse_unanswerable(target: Target, gifts: Gifts, allowed: Collection[str]) -> None:
    """Raise `UsageError` or `CredentialsError` for what nobody could answer; `allowed` names what may be lost."""
    everything = (*target.made, *target.recorded)
    if slots := sorted({slot.name for slot in _found(target.made, Slot)}):
        raise UsageError(f"slot {', '.join(slots)} stands outside of a request: nobody fills it there")
    gifts.check({given.path for given in _found(everything, Given)})
    refuse_missing({secret.name for secret in _found(target.made, SecretRef)})
    _refuse_lookups(target, {lookup.function for lookup in _found(everything, Lookup)})
    _refuse_allowance(target, allowed)


def _found(values: Iterable[Value], kind: type[Kind]) -> list[Kind]:
    return [node for value in values for node in nodes(value) if isinstance(node, kind)]


def _refuse_lookups(target: Target, functions: set[str]) -> None:
    allowed = target.engine.lookups
    if unknown := sorted(functions - set(allowed)):
        raise UsageError(
            f"adapter {target.assembly.adapter!r} does not let an assembly ask {', '.join(unknown)}",
            remedy=did_you_mean(unknown[0], allowed),
        )


def _refuse_allowance(target: Target, allowed: Collection[str]) -> None:
    names = {name for resource in target.assembly.resources for name in (resource.name, resource.owner)}
    if unknown := sorted(set(allowed) - names):
        raise UsageError(
            f"there is no {', '.join(unknown)} whose data could be lost", remedy=did_you_mean(unknown[0], names)
        )
