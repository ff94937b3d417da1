"""Every resource of every project of the corpus, held against the provider SDKs that the adapter says describe it."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.assembly.resource import Resource
from modelwright.contract.schema import Examined, examine, find_sdk
from modelwright.testing.check import Check, listed, require
from modelwright.testing.corpus import corpus
from modelwright.testing.subject import Subject


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check; its name says which SDKs are not installed, against which nothing can be held."""
    absent = sorted({module for module in subject.adapter.sdks.values() if find_sdk(module) is None})
    without = f", without {', '.join(absent)}" if absent else ""
    yield Check(f"resources[schema{without}]", lambda: _valid(subject))


def examined(subject: Subject) -> Examined:
    """Return what the SDKs say of every different resource of the corpus that the adapter supports."""
    return examine(_resources(subject), subject.adapter.sdks)


def _resources(subject: Subject) -> Iterator[Resource]:
    seen: set[str] = set()
    for look in map(subject.survey, corpus()):
        for side in (look.before, look.after):
            for resource in () if side.refused else subject.compile(side.project).resources:
                key = f"{resource.token} {resource.inputs}"
                if key not in seen:
                    seen.add(key)
                    yield resource


def _valid(subject: Subject) -> None:
    found = examined(subject)
    require(not found.sure, f"adapter {subject.name!r} makes what providers refuse: {listed(found.sure)}")
    expected = subject.adapter.unlisted
    doubtful = [item for item in found.doubtful if f"{item.token}#{item.wrong.place}" not in expected]
    require(
        not doubtful,
        f"adapter {subject.name!r} uses values that the SDK does not list: {listed(doubtful)}; use one that it lists, "
        "or name the place in `Adapter.unlisted` if the provider takes more than its SDK knows",
    )
