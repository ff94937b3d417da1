"""Registers an assembly: providers, a component per declared resource, what it was lowered to, and the record last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pulumi

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Json, Node, Value, refs, secrets
from modelwright.canonical import canonical
from modelwright.contract.lowered import FOUNDATION
from modelwright.contract.record import platform_record
from modelwright.pulumi.components import KINDS, Declared
from modelwright.pulumi.configuration import secret
from modelwright.pulumi.given import Gifts
from modelwright.pulumi.options import aliases, order, own
from modelwright.pulumi.registered import Registered, full_token, package_of, sdk_version
from modelwright.pulumi.resolve import Resolver
from modelwright.pulumi.target import RECORD_TEXT, Target


class Registration:
    """Puts a target beneath a platform; `allowed` names what may be lost, `opts` are the platform's own."""

    def __init__(
        self,
        platform: pulumi.ComponentResource,
        target: Target,
        gifts: Gifts,
        opts: pulumi.ResourceOptions | None,
        allowed: frozenset[str],
    ) -> None:
        self._platform, self._target, self._assembly = platform, target, target.assembly
        self._gifts, self._order, self._allowed = gifts, order(opts), allowed
        self._registered: dict[str, Registered] = {}
        self._explicit: dict[str, pulumi.ProviderResource] = {}
        self._resolver = Resolver(self._registered, given=self._give, secret=secret, lookup=self._look_up)
        self._read = _read_outputs((*target.made, *target.recorded, target.record.inputs))

    def register(self) -> dict[str, Declared]:
        """Register everything and return the components by name."""
        self._make_providers()
        components = {name: self._component(name, kind) for name, kind in _declared(self._assembly).items()}
        for resource in self._assembly.resources:
            parent = components[resource.owner or FOUNDATION]
            self._resource(resource, parent, [self._registered[name] for name in resource.depends_on])
        everything = list(self._registered.values())
        self._resource(self._target.record, components[FOUNDATION], [*everything, *self._explicit.values()])
        for name, component in components.items():
            component.offer(self._resolver(self._assembly.outputs.get(name, {})))
        return components

    def _component(self, name: str, kind: str) -> Declared:
        former = self._assembly.desired.get(name, {}).get("renamed_from") or ()
        beneath = pulumi.ResourceOptions(parent=self._platform, providers=dict(self._explicit), aliases=aliases(former))
        return KINDS[kind](name, pulumi.ResourceOptions.merge(self._order, beneath))

    def _resource(self, resource: Resource, parent: Declared, needs: list[pulumi.Resource]) -> None:
        may_lose = not self._allowed.isdisjoint({resource.name, resource.owner})
        version = sdk_version(package_of(resource.token))
        options = pulumi.ResourceOptions.merge(self._order, own(resource, needs, may_lose=may_lose, version=version))
        options.parent = parent
        inputs = self._resolver(resource.inputs)
        self._registered[resource.name] = Registered(
            full_token(resource.token), resource.name, inputs, self._read[resource.name], options
        )

    def _make_providers(self) -> None:
        """Make the providers that the settings call for, but those that the program hands in itself."""
        for package, inputs in self._target.providers.items():
            if self._platform.get_provider(f"{package}:index:Any") is None:
                self._explicit[package] = self._provider(package, inputs)

    def _provider(self, package: str, inputs: Mapping[str, Value]) -> pulumi.ProviderResource:
        options = pulumi.ResourceOptions(
            parent=self._platform,
            version=sdk_version(package),
            additional_secret_outputs=[name for name, value in inputs.items() if secrets(value)],
        )
        texts = {name: self._text(value) for name, value in inputs.items()}
        return pulumi.ProviderResource(package, package, texts, pulumi.ResourceOptions.merge(self._order, options))

    def _text(self, value: Value) -> Any:
        """Return a provider's input as the engine wants it: a string, in which anything else stands as JSON."""
        if isinstance(value, str | Node):
            return pulumi.Output.from_input(self._resolver(value)).apply(
                lambda found: found if isinstance(found, str) else canonical(found).decode()
            )
        return self._resolver(Json(value))

    def _give(self, path: str) -> pulumi.Output[Any]:
        return self._record_text() if path == RECORD_TEXT.path else self._gifts(path)

    def _record_text(self) -> pulumi.Output[str]:
        def written(resolve: Callable[[Value], Value]) -> str:
            return canonical(platform_record(self._assembly, resolve)).decode()

        return pulumi.Output.from_input(self._resolver.when_known(self._target.recorded, written))

    def _look_up(self, function: str, args: Any) -> pulumi.Output[Any]:
        package = package_of(function)
        options = pulumi.InvokeOutputOptions(
            parent=self._platform, provider=self._explicit.get(package), version=sdk_version(package)
        )
        answer = pulumi.runtime.invoke_output(full_token(function), args, options)
        return answer.apply(lambda found: found[self._target.engine.lookups[function]])


def _declared(assembly: Assembly) -> dict[str, str]:
    """Return the kind of everything that gets a component, the foundation first."""
    return {FOUNDATION: FOUNDATION, **{name: document["kind"] for name, document in assembly.desired.items()}}


def _read_outputs(values: Iterable[Value]) -> Mapping[str, set[str]]:
    """Return the names of the outputs that anything refers to, by resource: the SDK offers no others."""
    found: dict[str, set[str]] = defaultdict(set)
    for value in values:
        for ref in refs(value):
            found[ref.resource].add(ref.output.partition(".")[0])
    return found
