"""The dead-field test: whatever a user can write changes what is made, is refused, or is read by somebody named."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from modelwright.spec.base import Resource, Spec
from modelwright.testing.check import Check, listed, require
from modelwright.testing.corpus import corpus
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.readers import READERS, is_read
from modelwright.testing.subject import Seen, Subject

IDENTITY = {
    "name": "a name is what everything is called by; see the checks of names",
    "environment.adapter": "it chose the adapter",
    "environment.settings": "they are the adapter's own; see the checks of settings",
    "project.resources": "they are the kinds",
    "project.environments": "they are the environments",
}
"""Fields that are no choice within a project, and why."""
_NEEDS_A_RESOURCE = {"renamed_from", "protect", "depends_on"}
"""Fields that say how what is made is kept; where a kind makes nothing on a platform, there is nothing to keep."""
_PART_OF = {
    "accelerator": ("cluster.accelerator", "endpoint.accelerator"),
    "autoscale": ("endpoint.autoscale.", "endpoint.scale_to_zero", "endpoint.instances"),
    "budget": ("project.budget",),
    "cost": ("model_registry.gate.cost",),
    "email": ("monitor.alert.email",),
    "data_store.size": ("data_store.kind.volume",),
    "webhook": ("monitor.alert.webhook",),
}
"""Kinds and fields without a feature of their own: the features whose answer holds for all of it."""


@cache
def kinds() -> dict[str, type[Spec]]:
    """Return every kind of spec by its name."""
    import modelwright.spec.project  # noqa: F401  # it imports every kind

    return {kind.KIND: kind for kind in _below(Spec) if kind.KIND and kind.__module__.startswith("modelwright.")}


def fields() -> Iterator[tuple[str, str]]:
    """Yield every kind and field that an edit must exist for."""
    for name, kind in kinds().items():
        for field in kind.model_fields:
            if not ({field, f"{name}.{field}"} & IDENTITY.keys() and _is_identity(kind, field)):
                yield name, field


def unsampled() -> list[str]:
    """Return the fields that no edit of the corpus changes."""
    edited = {(edit.kind, edit.field) for edit in corpus()}
    return sorted(f"{kind}.{field}" for kind, field in fields() if (kind, field) not in edited)


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for each field of each kind."""
    for kind, field in fields():
        yield Check(f"field[{kind}.{field}]", lambda kind=kind, field=field: _alive(subject, kind, field))  # type: ignore[misc]  # binds the loop's values


def _alive(subject: Subject, kind: str, field: str) -> None:
    edits = [edit for edit in corpus() if (edit.kind, edit.field) == (kind, field)]
    require(bool(edits), f"{kind}.{field} is a field without a sample: add an edit to modelwright.testing.corpus")
    for seen in map(subject.look, edits):
        alive = not seen.supported or seen.emitted or seen.offered or _excused(subject, seen)
        require(
            bool(alive),
            f"adapter {subject.name!r}, field {kind}.{field}: {seen.edit} changes nothing that is made or asked for, "
            f"and no feature it touches is refused or emulated (touched: {listed(sorted(_touched(seen)))})",
        )


def _excused(subject: Subject, seen: Seen) -> bool:
    edit = seen.edit
    if edit.path in READERS:
        return is_read(edit.path)
    if any(subject.answers[name].level == "emulated" for name in _touched(seen)):
        return True
    return edit.field in _NEEDS_A_RESOURCE and _makes_nothing(subject, seen)


def _touched(seen: Seen) -> set[str]:
    """Return the features that the edited field decides on, as far as the project relies on them."""
    decided = {name for edit in corpus() if edit.path == seen.edit.path for name in _flips(edit)}
    whole = _PART_OF.get(seen.edit.path) or _PART_OF.get(seen.edit.kind, ())
    decided |= {name for name in seen.after.features if name.startswith(whole)} if whole else set()
    return decided & (seen.before.features | seen.after.features)


@cache
def _flips(edit: Edit) -> frozenset[str]:
    """Return the features that an edit adds or takes away, whatever the adapter."""
    before, after = (project.relies_on() for project in edit.projects("local", {}))
    return before ^ after


def _makes_nothing(subject: Subject, seen: Seen) -> bool:
    """Return whether an adapter makes no resource at all for the edited one, or for what it is to come after."""
    made = subject.compile(seen.after.project)
    owner = seen.edit.place(seen.edit.after)["resources"][-1].name
    owners = {resource.owner for resource in made.resources}
    others = {resource.name for resource in seen.edit.extra} if seen.edit.field == "depends_on" else set()
    return owner not in owners or not others <= owners


def _is_identity(kind: type[Spec], field: str) -> bool:
    """A name is an identity where it is the first field of something named; an accelerator's is its model."""
    from modelwright.spec.base import Named

    return field != "name" or issubclass(kind, Named | Resource)


def _below(kind: type[Spec]) -> Iterator[type[Spec]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
