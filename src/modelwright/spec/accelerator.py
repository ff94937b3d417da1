"""Accelerators: `"H100:8"`, or `Accelerator("H100", count=8, memory="80GiB")`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from modelwright.spec.base import Spec
from modelwright.spec.field import Takes, option, shown
from modelwright.spec.size import Size

_SPELLING = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,31})(?::([1-9][0-9]?))?", re.ASCII)


class Accelerator(Spec):
    """A number of accelerators of one model in one machine."""

    KIND = "accelerator"

    name: str = option(
        "The model, such as H100, A100, L4, MI300X.", kw_only=False, pattern=r"^[A-Za-z][A-Za-z0-9-]{0,31}$"
    )
    count: int = option("How many in one machine.", default=1, ge=1, le=64)
    memory: Takes[str | Size | None, Size | None] = option("The least memory of each.", default=None)

    @classmethod
    def read(cls, value: Any) -> Accelerator:
        """Return the accelerator of a spelling such as `"H100:8"`. Raises `ValueError` otherwise."""
        if isinstance(value, Accelerator):
            return value
        match = _SPELLING.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"{shown(value)} is no accelerator: write H100 or H100:8")
        return cls.model_validate({"name": match[1], "count": int(match[2] or 1)})


def _choices(value: Any) -> Any:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


if TYPE_CHECKING:
    Accelerators = Takes[
        str
        | Accelerator
        | list[str]
        | list[Accelerator]
        | list[str | Accelerator]
        | tuple[str | Accelerator, ...]
        | None,
        tuple[Accelerator, ...],
    ]
else:
    Accelerators = Annotated[
        tuple[Annotated[Accelerator, BeforeValidator(Accelerator.read)], ...], BeforeValidator(_choices)
    ]
