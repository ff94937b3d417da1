"""The local platform as an engine's provider sees it: no configuration, and the record as a file of its own."""

from __future__ import annotations

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value
from modelwright.contract.engine import Engine
from modelwright.contract.lowered import FOUNDATION
from modelwright.contract.place import RECORD


def record(content: Value, _assembly: Assembly) -> Resource:
    """Return the record as a file of the control store."""
    inputs = {"path": f"control/{RECORD}", "content": content}
    return Resource(f"{FOUNDATION}/record", "local:Record", inputs, owner=FOUNDATION)


ENGINE = Engine(record=record, lookups={"local:path": "path", "local:uri": "uri"})
