"""A small engine of ours: it drives the unmodified SDK over gRPC, and keeps what a program registered."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc
from tests.pulumi.engine.deployment import Deployment, RefusalError, Step
from tests.pulumi.engine.language import Language
from tests.pulumi.engine.monitor import Monitor
from tests.pulumi.engine.providers import Provider
from tests.pulumi.engine.state import State

Register = resource_pb2.RegisterResourceRequest


@dataclass(frozen=True)
class Run:
    """What came of a preview or an update."""

    ok: bool
    steps: tuple[Step, ...]
    registered: Mapping[str, Register]
    requests: tuple[Message, ...]
    errors: str
    outputs: Mapping[str, Any]
    output: str

    def names(self, op: str) -> list[str]:
        """Return the names of resources and components that had a step of one kind."""
        return [step.name for step in self.steps if step.op == op]

    @property
    def changes(self) -> list[Step]:
        """The steps that are not `same`."""
        return [step for step in self.steps if step.op != "same"]

    def request(self, name: str, type_: str = "") -> Register:
        """Return the registration of a name, of a type where there are several."""
        found = [each for each in self.registered.values() if each.name == name and type_ in each.type]
        assert len(found) == 1, f"{len(found)} registrations of {name}"
        return found[0]


@dataclass
class Engine:
    """One stack of one Pulumi project; `config` is the stack's, `secrets` are values of it that are secret."""

    language: Language
    provider: Provider
    folder: Path
    project: str = "flights"
    stack: str = "dev"
    config: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    state: dict[str, State] = field(default_factory=dict)

    def preview(self, program: str) -> Run:
        """Say what an update would do; nothing is made and nothing is kept."""
        return self._run(program, preview=True)

    def up(self, program: str) -> Run:
        """Make it so; what was made before a failure is kept."""
        return self._run(program, preview=False)

    def destroy(self) -> Run:
        """Delete everything; no program is run."""
        return self._run(None, preview=False)

    def _run(self, program: str | None, *, preview: bool) -> Run:
        deployment = Deployment(project=self.project, stack=self.stack, old=self.state, provider=self.provider,
                                preview=preview, stacks=self.stacks)  # fmt: skip
        monitor = Monitor(deployment)
        status, output, errors = (0, "", "") if program is None else self._served(monitor, program, preview=preview)
        try:
            if status == 0:
                deployment.clean_up()
        except RefusalError as refusal:
            status = 1
            monitor.errors.append(str(refusal))
        if not preview:
            self.state = {**deployment.old, **deployment.new}
        root = next((state for state in deployment.new.values() if state.type == "pulumi:pulumi:Stack"), None)
        return Run(status == 0, tuple(deployment.steps), deployment.requested, tuple(monitor.requests),
                   "\n".join([*monitor.errors, errors]), root.outputs if root else {}, output)  # fmt: skip

    def _served(self, monitor: Monitor, program: str, *, preview: bool) -> tuple[int, str, str]:
        file = self.folder / "__main__.py"
        file.write_text(program)
        server = grpc.server(ThreadPoolExecutor(max_workers=16))
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
        engine_pb2_grpc.add_EngineServicer_to_server(monitor, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        said = {
            "address": f"127.0.0.1:{port}", "preview": preview, "program": str(file),
            "project": self.project, "stack": self.stack,
            "config": {**self.config, **self.secrets}, "secret_keys": list(self.secrets), "path": list(self.path),
        }  # fmt: skip
        try:
            return self.language.run(said, self.folder)
        finally:
            server.stop(grace=None)
