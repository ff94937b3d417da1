"""All checks of an adapter, for whatever runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.contract.adapter import Adapter
from modelwright.contract.discovery import find_adapter
from modelwright.errors import ModelwrightError
from modelwright.testing import answers, fields, naming, purity, schema, shape
from modelwright.testing.check import Check, ConformanceError
from modelwright.testing.subject import Subject


def conformance(adapter: str | Adapter, settings: Mapping[str, Any] | None = None) -> tuple[Check, ...]:
    """Return every check of an adapter, for an environment with these settings.

    An adapter is named as a project names it, and found through its entry point. One that cannot be loaded gives one
    check, which fails and says why; so does one that refuses the settings.
    """
    try:
        found = find_adapter(adapter) if isinstance(adapter, str) else adapter
        subject = Subject(found, dict(settings or {}))
        subject.read  # noqa: B018  # settings that are refused are said once and not by every check
    except ModelwrightError as error:
        return (Check("loads", _failing(str(error))),)
    parts = (answers, fields, shape, schema, naming, purity)
    return tuple(check for part in parts for check in part.checks(subject))


def _failing(message: str) -> Any:
    def fail() -> None:
        raise ConformanceError(message)

    return fail
