"""Providers that the engine drives: the one of this machine, and a cloud that exists in the state only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from tests.pulumi.engine.wire import from_struct, to_struct

Values = dict[str, Any]


class UnmakeableError(Exception):
    """The provider could not do it."""


class Provider(Protocol):
    """Makes what is registered; inputs are in clear and known."""

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        """Make it; return its id and outputs."""
        ...

    def update(self, type_: str, name: str, old: Values, inputs: Values) -> Values:
        """Change it in place; return its outputs."""
        ...

    def delete(self, type_: str, name: str, inputs: Values) -> None:
        """Remove it."""
        ...

    def invoke(self, function: str, args: Values) -> Values:
        """Answer a question."""
        ...


class Plugin:
    """This machine's own provider, as the program that Pulumi starts, asked over gRPC."""

    def __init__(self, project_dir: Path, environment: str) -> None:
        program = Path(sys.executable).parent / "pulumi-resource-modelwright-local"
        self._process = subprocess.Popen([program, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.asks = provider_pb2_grpc.ResourceProviderStub(self._channel)
        configuration = {"folder": str(project_dir), "environment": environment, "version": "0.1.0"}
        self._told(self.asks.Configure, provider_pb2.ConfigureRequest(args=to_struct(configuration)))

    def stop(self) -> None:
        """End the program, as Pulumi does."""
        self._channel.close()
        self._process.terminate()
        assert self._process.wait(60) == 0

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        checked = self._told(self.asks.Check, provider_pb2.CheckRequest(type=type_, name=name, news=to_struct(inputs)))
        request = provider_pb2.CreateRequest(type=type_, name=name, properties=checked.inputs)
        made = self._told(self.asks.Create, request)
        return made.id, from_struct(made.properties)

    def update(self, type_: str, name: str, old: Values, inputs: Values) -> Values:
        given = {"type": type_, "name": name, "id": name, "old_inputs": to_struct(old), "news": to_struct(inputs)}
        differs = self._told(self.asks.Diff, provider_pb2.DiffRequest(**given))
        assert differs.changes == provider_pb2.DiffResponse.DIFF_SOME
        return from_struct(self._told(self.asks.Update, provider_pb2.UpdateRequest(**given)).properties)

    def read(self, type_: str, name: str, inputs: Values) -> Values | None:
        """Return a resource as it is; None when it is gone."""
        request = provider_pb2.ReadRequest(type=type_, name=name, id=name, inputs=to_struct(inputs))
        found = self._told(self.asks.Read, request)
        return from_struct(found.properties) if found.id else None

    def delete(self, type_: str, name: str, inputs: Values) -> None:
        request = provider_pb2.DeleteRequest(type=type_, name=name, id=name, old_inputs=to_struct(inputs))
        self._told(self.asks.Delete, request)

    def invoke(self, function: str, args: Values) -> Values:
        answer = self._told(self.asks.Invoke, provider_pb2.InvokeRequest(tok=function, args=to_struct(args)))
        return from_struct(getattr(answer, "return"))

    def _told(self, ask: Any, request: Message) -> Any:
        try:
            return ask(request, timeout=120)
        except grpc.RpcError as error:
            raise UnmakeableError(error.details()) from error


class StateOnly:
    """A cloud in which everything has the outputs planted for its name, and what is named in `broken` fails."""

    def __init__(self, planted: Mapping[str, Values] | None = None, broken: Collection[str] = ()) -> None:
        self.planted, self.broken = dict(planted or {}), set(broken)
        self.deleted: list[str] = []

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        if name in self.broken:
            raise UnmakeableError(f"{type_} {name} cannot be made")
        return f"id-of-{name}", {"uri": f"acme://{inputs.get('name', name)}", **self.planted.get(name, {})}

    def update(self, type_: str, name: str, old: Values, inputs: Values) -> Values:  # noqa: ARG002  # likewise
        return self.create(type_, name, inputs)[1]

    def delete(self, type_: str, name: str, inputs: Values) -> None:  # noqa: ARG002  # likewise
        self.deleted.append(name)

    def invoke(self, function: str, args: Values) -> Values:
        return {"account": "111122223333", "asked": function, **args}
