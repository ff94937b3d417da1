"""A server that needs no data frames imports none: scikit-learn would load pandas wherever it is installed.

Measured with scikit-learn 1.9: 37 MB and up to half a second per server.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any


def import_estimators(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Import scikit-learn without pandas, unless one of the models takes frames or brings code of its own."""
    known = list(manifests)
    if "pandas" in sys.modules or not known or not all(_needs_no_frame(manifest) for manifest in known):
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]  # Python's own way to say that a module is not there
    try:
        import_module("sklearn.utils.fixes")
        import_module("skops.io")
    finally:
        del sys.modules["pandas"]


def _needs_no_frame(manifest: Mapping[str, Any]) -> bool:
    plain = (manifest.get("form") or {}).get("kind") != "frame"
    return manifest.get("format") == "skops" and plain and not manifest.get("opt_in")
