"""Names: an unrelated edit changes nothing else, another order nothing at all, a new name keeps what was made."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.assembly.changes import changes
from modelwright.spec.base import Resource
from modelwright.spec.data_store import DataStore
from modelwright.spec.project import Project
from modelwright.testing.check import Check, listed, require
from modelwright.testing.corpus import corpus
from modelwright.testing.corpus.edit import Edit, project
from modelwright.testing.corpus.projects import RESOURCES
from modelwright.testing.subject import Seen, Subject

_FORMER = "former"
_OWN = {"renamed_from", "depends_on"}
"""Fields that say something of names themselves."""


def checks(subject: Subject) -> Iterator[Check]:
    """Yield three for each kind that stands in a project's list."""
    for kind in RESOURCES:
        yield Check(f"names[{kind}: unrelated edit]", lambda kind=kind: _unrelated(subject, kind))  # type: ignore[misc]  # binds the loop's value
        yield Check(f"names[{kind}: order]", lambda kind=kind: _order(subject, kind))  # type: ignore[misc]  # likewise
        yield Check(f"names[{kind}: renamed]", lambda kind=kind: _renamed(subject, kind))  # type: ignore[misc]  # likewise


def _first(subject: Subject, kind: str) -> Seen | None:
    """Return an edit that declares a resource of the kind and that the adapter supports, if there is one."""
    usual = (edit for edit in corpus() if edit.kind == kind and not edit.extra and edit.field not in _OWN)
    surveyed = map(subject.survey, usual)
    return next((seen for seen in surveyed if seen.supported), None)


def _again(subject: Subject, edit: Edit, resources: list[Resource]) -> Project:
    return project({**edit.place(edit.after), "resources": resources}, subject.name, subject.settings)


def _unrelated(subject: Subject, kind: str) -> None:
    seen = _first(subject, kind)
    if seen is None:
        return
    parts = seen.edit.place(seen.edit.after)["resources"]
    for added in ([DataStore("aa-unrelated"), *parts], [*parts, DataStore("zz-unrelated")]):
        name = next(item.name for item in added if "unrelated" in item.name)
        old, new = subject.compile(seen.after.project), subject.compile(_again(subject, seen.edit, added))
        found = [change for change in changes(old, new) if change.owner != name]
        require(
            not found,
            f"adapter {subject.name!r}: declaring a data store {name!r} beside a {kind} changes {listed(found)}",
        )


def _order(subject: Subject, kind: str) -> None:
    seen = _first(subject, kind)
    if seen is None:
        return
    parts = seen.edit.place(seen.edit.after)["resources"]
    old = subject.compile(seen.after.project)
    new = subject.compile(_again(subject, seen.edit, parts[::-1]))
    found = changes(old, new)
    require(not found, f"adapter {subject.name!r}: declaring a {kind} in another order changes {listed(found)}")


def _renamed(subject: Subject, kind: str) -> None:
    """Compare the kind under a former name with the kind that says it was renamed from it."""
    seen = _first(subject, kind)
    if seen is None:
        return
    edit, name = seen.edit, seen.edit.place(seen.edit.after)["resources"][-1].name
    fields = dict(edit.after or {})
    if kind in {"endpoint", "model_registry"}:
        fields.pop("models", None)
    former = project(edit.place({**fields, "name": _FORMER}), subject.name, subject.settings)
    present = project(edit.place({**fields, "name": name, "renamed_from": [_FORMER]}), subject.name, subject.settings)
    if subject.side(present).refused:
        return
    old, new = subject.compile(former), subject.compile(present)
    lost = [change for change in changes(old, new) if change.subject == "resource" and change.kind != "update"]
    require(
        not lost,
        f"adapter {subject.name!r}: renaming a {kind} with renamed_from loses what was made: {listed(lost)}; use "
        "scope.add, and scope.physical_name for its name there",
    )
