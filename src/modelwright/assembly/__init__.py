"""Compiled projects as pure values: resources, requests with open slots, outputs, and what differs between two."""

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.changes import Change, changes
from modelwright.assembly.request import Request
from modelwright.assembly.resource import Resource

__all__ = ["Assembly", "Change", "Request", "Resource", "changes"]
