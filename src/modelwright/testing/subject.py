"""The adapter under examination, with its settings: what it answers, and what it makes of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from modelwright.assembly.assembly import Assembly
from modelwright.compiler import assemble
from modelwright.contract.adapter import Adapter
from modelwright.contract.check import relied_on
from modelwright.contract.support import Answer, todo
from modelwright.spec.feature import FEATURES
from modelwright.spec.project import Project
from modelwright.testing.check import ConformanceError
from modelwright.testing.corpus.edit import ENVIRONMENT, Edit
from modelwright.testing.traces import Trace, emitted, offered, spelled


@dataclass(frozen=True, slots=True)
class Side:
    """A project before or after an edit: what it relies on, and what of that is refused."""

    project: Project
    features: frozenset[str]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an edit did: the features that it added and took away, and, where both sides compile, its traces."""

    edit: Edit
    before: Side
    after: Side
    emitted: tuple[Trace, ...] = ()
    offered: tuple[Trace, ...] = ()

    @property
    def added(self) -> frozenset[str]:
        """The features that are relied on after the edit only."""
        return self.after.features - self.before.features

    @property
    def flipped(self) -> frozenset[str]:
        """The features that are relied on on one side only."""
        return self.after.features ^ self.before.features

    def shows(self, feature: str) -> bool:
        """Return whether the edit is there to show a feature: it adds this one alone, or says so."""
        return self.added == {feature} or self.edit.shows == feature

    @property
    def supported(self) -> bool:
        """Whether nothing is refused on either side."""
        return not self.before.refused and not self.after.refused


@dataclass(frozen=True)
class Subject:
    """An adapter and the settings of the environment in which it is examined."""

    adapter: Adapter
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The adapter's name."""
        return self.adapter.name

    @cached_property
    def read(self) -> Any:
        """The settings as the adapter's model reads them. Raises `InvalidProjectError`."""
        return self.adapter.read_settings(self.settings, ENVIRONMENT)

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """The answer for every feature; `todo` for those without one, which a check of its own reports."""
        given = {**self.adapter.support, **self.adapter.granted(self.read)}
        return {feature: given.get(feature, todo("there is no answer")) for feature in FEATURES}

    def side(self, project: Project) -> Side:
        """Return what a project relies on, and what of that is refused."""
        features = _needs(project)
        return Side(project, features, tuple(sorted(name for name in features if not self.answers[name].works)))

    def compile(self, project: Project) -> Assembly:
        """Return the assembly of a project, also of what the adapter does not support.

        Raises `ConformanceError` with whatever the adapter raised.
        """
        try:
            return assemble(project.for_environment(ENVIRONMENT), self.adapter, self.read)
        except Exception as error:
            names = ", ".join(f"{resource.KIND} {resource.name!r}" for resource in project.resources)
            text = f"adapter {self.name!r} cannot lower a project of {names}: {type(error).__name__}: {error}"
            raise ConformanceError(text) from error

    def survey(self, edit: Edit) -> Seen:
        """Return what an edit adds and takes away, without compiling anything."""
        if edit not in self._surveyed:
            before, after = map(self.side, edit.projects(self.name, self.settings))
            self._surveyed[edit] = Seen(edit, before, after)
        return self._surveyed[edit]

    def look(self, edit: Edit) -> Seen:
        """Return what an edit does; it is not compiled where something is refused (see `trespass`)."""
        if edit not in self._seen:
            seen = self.survey(edit)
            if seen.supported:
                old, new = (spelled(self.compile(side.project)) for side in (seen.before, seen.after))
                seen = replace(seen, emitted=emitted(old, new), offered=offered(old, new))
            self._seen[edit] = seen
        return self._seen[edit]

    def trespass(self, seen: Seen) -> tuple[Trace, ...]:
        """Return what an adapter emits for what it refuses, past its own refusal; nothing where it cannot."""
        old = self.compile(seen.before.project)
        try:
            new = self.compile(seen.after.project)
        except ConformanceError:  # an adapter may refuse in any way it likes
            return ()
        return emitted(spelled(old), spelled(new))

    @cached_property
    def _surveyed(self) -> dict[Edit, Seen]:
        return {}

    @cached_property
    def _seen(self) -> dict[Edit, Seen]:
        return {}


@cache
def _needs(project: Project) -> frozenset[str]:
    return frozenset(feature for _, feature in relied_on(project.for_environment(ENVIRONMENT)))
