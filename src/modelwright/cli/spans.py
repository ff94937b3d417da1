"""Spans of time on the command line, written as in a project: `10m`, `36h`, `7d`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Type = click.ParamType[timedelta]
else:
    _Type = click.ParamType  # older clicks know no parameter of it


class Span(_Type):
    """A duration, as a `timedelta`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the span of a spelling. Raises `click.BadParameter` for what is none."""
        from modelwright.spec.duration import Duration

        try:
            return Duration.parse(value).timedelta
        except ValueError as error:
            self.fail(str(error), param, ctx)
