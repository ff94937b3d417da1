"""Options of resources: what the program hands on to every child, and what each child needs of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import signature

import pulumi

from modelwright.assembly.resource import Resource
from modelwright.assembly.value import secrets
from modelwright.errors import UsageError

INHERITED = ("parent", "protect", "provider", "providers", "aliases", "transformations", "transforms")
"""What the SDK or the engine hands on from a component to everything beneath it."""
PASSED = (*INHERITED, "depends_on")
"""What a platform takes; `depends_on` of a component reaches nothing beneath it unless each child repeats it."""


def refuse_idle(opts: pulumi.ResourceOptions | None) -> None:
    """Raise `UsageError` for options that would have no effect on a platform's resources."""
    usual, known = vars(pulumi.ResourceOptions()), signature(pulumi.ResourceOptions).parameters
    said = {name: value for name, value in vars(opts).items() if name in known} if opts is not None else {}
    if idle := sorted(name for name, value in said.items() if name not in PASSED and value != usual.get(name)):
        raise UsageError(f"a platform's resources cannot take the option {', '.join(idle)}",
                         remedy=f"options that reach every resource: {', '.join(PASSED)}")  # fmt: skip


def order(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Return the part of a platform's options that each child must repeat."""
    return pulumi.ResourceOptions(depends_on=opts.depends_on if opts is not None else None)


def aliases(former: Iterable[str]) -> list[pulumi.Alias]:
    """Return aliases for earlier names, the last one first."""
    return [pulumi.Alias(name=name) for name in reversed(list(former))]


def own(
    resource: Resource, needs: Sequence[pulumi.Resource], *, may_lose: bool, version: str | None
) -> pulumi.ResourceOptions:
    """Return the options of one resource.

    What holds data is protected unless its loss was allowed; what holds none has a fixed name, so the old one must go
    before a replacement can take the name. Without a word on protection, the parent's holds.
    """
    kept = resource.protect or (resource.holds_data and not may_lose)
    return pulumi.ResourceOptions(
        depends_on=list(needs),
        protect=True if kept else None,
        delete_before_replace=None if resource.holds_data else True,
        replace_on_changes=list(resource.replace_on),
        aliases=aliases(resource.renamed_from),
        additional_secret_outputs=[name for name, value in resource.inputs.items() if secrets(value)],
        version=version,
    )
