"""Decides what a registration means against the state: same, create, update, replace; and deletes what is left.

The rules are those of Pulumi's engine (pkg/resource/deploy/step_generator.go): a resource is found by its URN and then
by its aliases; a replacement is refused where the old and the new one are protected, a deletion where the old one is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi.runtime.proto import resource_pb2
from tests.pulumi.engine.providers import Provider, UnmakeableError
from tests.pulumi.engine.state import State, alias_urns, urn_of
from tests.pulumi.engine.wire import from_struct, holds_secret, in_clear, wrapped


class RefusalError(Exception):
    """The engine refuses a step."""


@dataclass(frozen=True)
class Step:
    """What was done, or would be, with one resource."""

    op: str
    urn: str

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.rpartition("::")[2]


class Deployment:
    """One preview or update of a stack over what it had before."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        old: Mapping[str, State],
        provider: Provider,
        preview: bool,
        stacks: Mapping[str, dict[str, Any]],
    ) -> None:
        self.project, self.stack, self.provider, self.preview, self.stacks = project, stack, provider, preview, stacks
        self.old, self.new = dict(old), dict[str, State]()
        self.steps: list[Step] = []
        self.requested: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self.read: set[str] = set()
        self._late: list[State] = []

    def register(self, request: resource_pb2.RegisterResourceRequest) -> State:
        """Do what a registration asks for. Raises `RefusalError`."""
        urn = urn_of(self.stack, self.project, request.parent, request.type, request.name)
        if urn in self.new:
            raise RefusalError(f"Duplicate resource URN {urn!r}")
        self._check_known(request)
        former = alias_urns(urn, request.type, request.name, request.aliases, self.new.get(request.parent))
        old = next((self.old.pop(name) for name in (urn, *former) if name in self.old), None)
        state = State(
            urn, request.type, request.name, request.custom, request.parent, from_struct(request.object),
            protect=request.protect, provider=request.provider, dependencies=tuple(sorted(request.dependencies)),
            aliases=tuple(former),
        )  # fmt: skip
        self.requested[urn] = request
        try:
            self.new[urn] = self._stepped(state, old, request)
        except RefusalError:
            if old is not None:  # a step that was not taken leaves what there was
                self.old[old.urn] = old
            raise
        return self.new[urn]

    def finish(self, urn: str, outputs: dict[str, Any]) -> None:
        """Keep what a component offers."""
        self.new[urn].outputs = outputs

    def clean_up(self) -> None:
        """Delete what was replaced and what nobody registered, the last made first. Raises `RefusalError`."""
        for state in [*self._late, *reversed(self.old.values())]:
            self._delete(state)
            self.old.pop(state.urn, None)

    def _check_known(self, request: resource_pb2.RegisterResourceRequest) -> None:
        """Refuse what names a parent, a dependency or a provider that was not registered before it."""
        named = [request.parent, request.provider.rpartition("::")[0], *request.dependencies]
        named += [urn for each in request.propertyDependencies.values() for urn in each.urns]
        if unknown := [urn for urn in named if urn and urn not in {*self.new, *self.read}]:
            raise RefusalError(f"{request.name} names {unknown[0]!r}, which was not registered")

    def _stepped(self, state: State, old: State | None, request: resource_pb2.RegisterResourceRequest) -> State:
        if old is None:
            return self._created(state, request, "create")
        changed = {key for key in {*old.inputs, *state.inputs} if old.inputs.get(key) != state.inputs.get(key)}
        if not state.custom or not changed:
            self.steps.append(Step("same", state.urn))
            return replace(state, outputs=old.outputs, id=old.id)
        if changed & set(request.replaceOnChanges):
            return self._replaced(state, old, request)
        self.steps.append(Step("update", state.urn))
        outputs = {} if self.preview else self._asked(state, old)
        return replace(state, outputs=_shown(state, outputs, request), id=old.id)

    def _replaced(self, state: State, old: State, request: resource_pb2.RegisterResourceRequest) -> State:
        if state.protect and old.protect:
            raise RefusalError(f"unable to replace resource {state.urn!r}\nas it is currently marked for protection.")
        if request.deleteBeforeReplace:
            self._delete(old, "delete-replaced")
        else:
            self._late.append(old)
        return self._created(state, request, "replace")

    def _created(self, state: State, request: resource_pb2.RegisterResourceRequest, op: str) -> State:
        self.steps.append(Step(op, state.urn))
        if not state.custom:
            return state
        if state.type.startswith("pulumi:providers:"):
            return replace(state, id="" if self.preview else f"id-{state.name}", outputs=state.inputs)
        if self.preview:
            return replace(state, outputs=_shown(state, {}, request))
        id_, outputs = self._made(state)
        return replace(state, id=id_, outputs=_shown(state, outputs, request))

    def _made(self, state: State) -> tuple[str, dict[str, Any]]:
        try:
            return self.provider.create(state.type, state.name, in_clear(state.inputs))
        except UnmakeableError as error:
            raise RefusalError(str(error)) from error

    def _asked(self, state: State, old: State) -> dict[str, Any]:
        try:
            return self.provider.update(state.type, state.name, in_clear(old.inputs), in_clear(state.inputs))
        except UnmakeableError as error:
            raise RefusalError(str(error)) from error

    def _delete(self, state: State, op: str = "delete") -> None:
        if state.protect and op == "delete" and state not in self._late:
            raise RefusalError(f"{state.urn} cannot be deleted: it is protected")
        self.steps.append(Step(op, state.urn))
        if state.custom and not self.preview and not state.type.startswith("pulumi:providers:"):
            self.provider.delete(state.type, state.name, in_clear(state.inputs))


def _shown(state: State, outputs: Mapping[str, Any], request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    """Return outputs as the program gets them: secret where the input is, and where the program says so."""
    found = {**state.inputs, **outputs}
    secret = {key for key, value in state.inputs.items() if holds_secret(value)} | {*request.additionalSecretOutputs}
    return {key: wrapped(in_clear(value)) if key in secret else value for key, value in found.items()}
