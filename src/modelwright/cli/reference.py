"""The reference pages of the command line and of error codes: `python -m modelwright.cli.reference docs/reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from modelwright.cli.catalogue import SECTIONS
from modelwright.cli.explanations import exit_statuses, explanations
from modelwright.cli.group import root
from modelwright.cli.options import PREFIX

_WIDTH = 100


def error_page() -> str:
    """Return the page `errors.md`."""
    statuses = exit_statuses()
    lines = [
        "# Error codes",
        "",
        "Written from `src/modelwright/cli/explanations.toml`; `modelwright explain CODE` prints an entry.",
    ]
    for code, entry in explanations().items():
        meaning = f"Exit status {statuses[code]}. {entry.meaning}"
        lines += ["", f"## {code}: {entry.title}", "", meaning, "", "Likely causes:", ""]
        lines += [f"- {cause}" for cause in entry.causes]
        lines += ["", f"What to do: {entry.remedy}"]
    return "\n".join(lines) + "\n"


def command_page() -> str:
    """Return the page `cli.md`: the help of every verb."""
    lines = ["# Command line", "", "Written by `python -m modelwright.cli.reference docs/reference`."]
    for path, text in _helps():
        lines += ["", f"## {path}", "", "```text", text.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _helps() -> Iterator[tuple[str, str]]:
    whole = root()
    context = _context(whole, "modelwright", None)
    yield "modelwright", whole.get_help(context)
    for section in SECTIONS.values():
        for verb in section:
            command = whole.get_command(context, verb)
            if command is not None:
                yield from _help(command, verb, context)


def _help(command: click.Command, name: str, parent: click.Context) -> Iterator[tuple[str, str]]:
    context = _context(command, name, parent)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                yield from _help(found, inner, context)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        auto_envvar_prefix=None if parent else PREFIX,
        help_option_names=["-h", "--help"],
    )


def write(folder: Path) -> None:
    """Write both pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "errors.md").write_text(error_page(), encoding="utf-8")
    (folder / "cli.md").write_text(command_page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
