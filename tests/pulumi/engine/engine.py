"""A small engine of ours: it drives the unmodified SDK over gRPC, and keeps what a program registered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc
from tests.pulumi.engine import host
from tests.pulumi.engine.deployment import Deployment, RefusalError, Step
from tests.pulumi.engine.monitor import Monitor
from tests.pulumi.engine.providers import Provider
from tests.pulumi.engine.state import State

Register = resource_pb2.RegisterResourceRequest
_PATIENCE = 120
"""Seconds for a program, generous for a machine with much else to do."""


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
        """Delete everything."""
        return self.up("")

    def _run(self, program: str, *, preview: bool) -> Run:
        file = self.folder / "__main__.py"
        file.write_text(program)
        deployment = Deployment(project=self.project, stack=self.stack, old=self.state, provider=self.provider,
                                preview=preview, stacks=self.stacks)  # fmt: skip
        monitor = Monitor(deployment)
        done = self._served(monitor, file, preview=preview)
        ok = done.returncode == 0
        if ok:
            try:
                deployment.clean_up()
            except RefusalError as refusal:
                ok = False
                monitor.errors.append(str(refusal))
        if not preview:
            self.state = {**deployment.old, **deployment.new}
        root = next((state for state in deployment.new.values() if state.type == "pulumi:pulumi:Stack"), None)
        return Run(ok, tuple(deployment.steps), deployment.requested, tuple(monitor.requests),
                   "\n".join([*monitor.errors, done.stderr]), root.outputs if root else {}, done.stdout)  # fmt: skip

    def _served(self, monitor: Monitor, program: Path, *, preview: bool) -> subprocess.CompletedProcess[str]:
        server = grpc.server(ThreadPoolExecutor(max_workers=16))
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
        engine_pb2_grpc.add_EngineServicer_to_server(monitor, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        said = {
            "address": f"127.0.0.1:{port}", "preview": preview, "program": str(program),
            "project": self.project, "stack": self.stack,
            "config": {**self.config, **self.secrets}, "secret_keys": list(self.secrets),
        }  # fmt: skip
        path = os.pathsep.join([*self.path, *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            return subprocess.run(
                [sys.executable, host.__file__, json.dumps(said)],
                cwd=self.folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
                check=False, timeout=_PATIENCE,
            )  # fmt: skip
        finally:
            server.stop(grace=None)
