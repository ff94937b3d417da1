"""The pages of docs/reference that are written from code: `python -m modelwright.cli.reference docs/reference`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from modelwright.cli.catalogue import SECTIONS
from modelwright.cli.explanations import exit_statuses, explanations
from modelwright.cli.group import root
from modelwright.cli.ledger_page import ledger_page
from modelwright.cli.options import PREFIX
from modelwright.cli.schema_page import schema_page
from modelwright.cli.support_page import support_page

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


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": command_page,
    "errors.md": error_page,
    "ledger.md": ledger_page,
    "schema.md": schema_page,
    "support.md": support_page,
}
"""Each page with what writes it."""


def write(folder: Path) -> None:
    """Write all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
