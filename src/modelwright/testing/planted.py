"""A secret planted where a careless adapter would read it while compiling: in the environment of the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

CONTENT = "pl4nted+secret/of the kit="


@contextmanager
def planted(name: str) -> Iterator[str]:
    """Set the variables that could hold a secret of this name, and yield its content."""
    upper = name.upper().replace("-", "_")
    variables = (f"MODELWRIGHT_SECRET_{upper}", upper, "TOKEN", name)
    before = {variable: os.environ.get(variable) for variable in variables}
    os.environ.update(dict.fromkeys(variables, CONTENT))
    try:
        yield CONTENT
    finally:
        for variable, value in before.items():
            if value is None:
                del os.environ[variable]
            else:
                os.environ[variable] = value
