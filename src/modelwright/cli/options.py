"""The options that every verb has, before or after the verb, and their twins in the environment."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

PREFIX = "MODELWRIGHT"


def common_options() -> list[click.Option]:
    """Return new copies of the common options."""
    return [
        click.Option(
            ["-p", "--project"],
            envvar=f"{PREFIX}_PROJECT",
            metavar="PATH",
            default="project.py",
            help="The project file.  [default: ./project.py]",
        ),
        click.Option(
            ["-e", "--environment"],
            envvar=f"{PREFIX}_ENVIRONMENT",
            metavar="NAME",
            help="The environment.  [default: the only one, else dev]",
        ),
        click.Option(["--json"], envvar=f"{PREFIX}_JSON", is_flag=True, help="Answer with one JSON document."),
        click.Option(["-y", "--yes"], envvar=f"{PREFIX}_YES", is_flag=True, help="Go on without asking."),
        click.Option(["--debug"], envvar=f"{PREFIX}_DEBUG", is_flag=True, help="Show the traceback of an error."),
        click.Option(
            ["--color"],
            envvar=f"{PREFIX}_COLOR",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            help="When to use colour.  [default: auto]",
        ),
    ]


COMMON = frozenset(option.name for option in common_options() if option.name)


def chosen(ctx: click.Context) -> dict[str, Any]:
    """Return the common options' values: after the verb wins over before it, both win over the environment."""
    contexts: list[click.Context] = []
    context: click.Context | None = ctx
    while context is not None:
        contexts.append(context)
        context = context.parent
    return {name: _value(name, contexts) for name in sorted(COMMON)}


def _value(name: str, contexts: list[click.Context]) -> object:
    for context in contexts:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            return context.params[name]
    return contexts[0].params[name]
