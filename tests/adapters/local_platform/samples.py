"""Assemblies of plain local resources, and a progress that remembers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.platform import LocalPlatform
from modelwright.assembly import Assembly, Request, Resource
from modelwright.assembly.value import Join, Lookup, SecretRef, Slot

NOTHING: frozenset[str] = frozenset()


def control() -> Resource:
    return Resource("foundation/control", "local:ControlStore", {"path": "control"}, "foundation", holds_data=True)


def store(name: str, **fields: Any) -> Resource:
    return Resource(name, "local:Directory", {"path": f"data/{name}"}, name, holds_data=True, **fields)


def online(name: str) -> Resource:
    inputs = {"path": f"online/{name}.sqlite"}
    return Resource(f"{name}/online", "local:OnlineStore", inputs, name, holds_data=True)


def endpoint(name: str, **fields: Any) -> Resource:
    return Resource(f"{name}/address", "local:Address", {"endpoint": name}, name, **fields)


def assemble(*resources: Resource, requests: tuple[Request, ...] = (), **fields: Any) -> Assembly:
    """Return an assembly whose outputs are the addresses of everything in it."""
    outputs = {item.owner: {"uri": item.ref("uri")} for item in resources if item.token == "local:Directory"}
    outputs |= {item.owner: {"url": item.ref("url")} for item in resources if item.token == "local:Address"}
    return Assembly(
        project="flights",
        environment="dev",
        adapter="local",
        scope={"folder": Lookup("local:path", {"path": ""}), "environment": "dev"},
        resources=(control(), *resources),
        requests=requests,
        outputs=outputs,
        identities={"operator": "operator (by convention)"},
        desired={item.owner: {"kind": "thing"} for item in resources},
        spec="sha256:0",
        **fields,
    )


def serving(resource: Resource, lake: Resource) -> Request:
    body = {
        "config": {"uri": Join((lake.ref("uri"), "/flights")), "version": Slot("version"), "$literal": True},
        "env": {"TOKEN": SecretRef("slack-hook")},
    }
    return Request(f"{resource.owner}/serve", "serve", "local.Serve", body, resource.owner)


class Said:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []

    def __call__(self, name: str, state: str, detail: str = "") -> None:
        self.lines.append((name, state, detail))


def up(folder: Path, assembly: Assembly, *allowed: str) -> Mapping[str, Any]:
    return LocalPlatform(folder, "dev").apply(assembly, allow_data_loss=frozenset(allowed), progress=Said())


def down(folder: Path, *allowed: str) -> None:
    LocalPlatform(folder, "dev").destroy(allow_data_loss=frozenset(allowed), progress=Said())


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
