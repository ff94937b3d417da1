"""The local platform as an engine sees it: a provider for its folder, and the record as a file of its own."""

from __future__ import annotations

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value
from modelwright.contract.engine import Engine, Providers
from modelwright.contract.lowered import FOUNDATION
from modelwright.contract.place import RECORD, Place


def record(content: Value, _assembly: Assembly) -> Resource:
    """Return the record as a file of the control store."""
    inputs = {"path": f"control/{RECORD}", "content": content}
    return Resource(f"{FOUNDATION}/record", "local:Record", inputs, owner=FOUNDATION)


def providers(place: Place) -> Providers:
    """Return the configuration of the provider that makes what lies on this machine."""
    return {"modelwright-local": {"folder": str(place.folder.absolute()), "environment": place.environment}}


ENGINE = Engine(
    record=record,
    providers=providers,
    lookups={"local:path": "path", "local:uri": "uri"},
    maker="modelwright.adapters.local.driver.provider:LocalProvider",
)
