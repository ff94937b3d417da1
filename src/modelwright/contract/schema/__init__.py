"""Resources held against the source of the installed provider SDKs, which is read by its syntax tree, never imported.

An engine registers resources without the typed classes of their provider's SDK. What those classes would have refused
is found here before anything happens: inputs that do not exist, inputs that are missing, wrong types, values that an
enum does not list. What no SDK says is not seen: patterns, bounds, inputs that exclude each other.
"""

from __future__ import annotations

from modelwright.contract.schema.examining import Absent, Examined, Finding, examine, problems, refuse_wrong
from modelwright.contract.schema.sdk import Sdk, find_sdk
from modelwright.contract.schema.wording import Wrong

__all__ = ["Absent", "Examined", "Finding", "Sdk", "Wrong", "examine", "find_sdk", "problems", "refuse_wrong"]
