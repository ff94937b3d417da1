"""Every verb there is, read from the commands themselves."""

from __future__ import annotations

import click

from modelwright.cli.catalogue import verbs
from modelwright.cli.group import root


def commands() -> list[str]:
    """Return every verb's path, such as `up` and `model promote`."""
    found = []
    context = click.Context(root())
    for verb in verbs():
        command = root().get_command(context, verb)
        assert command is not None, verb
        inner = command.list_commands(context) if isinstance(command, click.Group) else []
        found += [f"{verb} {name}" for name in inner] or [verb]
    return found
