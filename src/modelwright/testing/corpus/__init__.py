"""Sample projects, two by two: together they exercise every kind, every field and every feature."""

from __future__ import annotations

from functools import cache

from modelwright.testing.corpus import judging, learning, projects, serving, stores, watching
from modelwright.testing.corpus.edit import Edit

__all__ = ["corpus"]


@cache
def corpus() -> tuple[Edit, ...]:
    """Return every edit."""
    modules = (stores, learning, judging, serving, watching, projects)
    return tuple(edit for module in modules for edit in module.edits())
