"""Groups of verbs: the root, which imports a verb when it is called, and the groups inside it."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, Any

import click

from modelwright.cli.catalogue import SECTIONS, module_of, verbs
from modelwright.cli.options import common_options

if TYPE_CHECKING:
    from modelwright.cli.session import Session

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_SENTENCE = 200
"""The longest first sentence of a verb's help."""


class Call:
    """Where a called verb leaves its session, so that a failure is reported the way its options ask."""

    def __init__(self) -> None:
        self.session: Session | None = None


class VerbGroup(click.Group):
    """A group that answers an unknown verb with the nearest known one, and no verb with its `default`."""

    default = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb before arguments that name none."""
        asks_for_help = bool(args) and args[0] in ctx.help_option_names
        if self.default and not asks_for_help and (not args or args[0].startswith("-")):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that the arguments call. Raises `click.UsageError` for an unknown one."""
        name = args[0]
        known = self.list_commands(ctx)
        if name.startswith("-") or name in known:
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(known)}"
        raise click.UsageError(f"{ctx.command_path} has no verb {name!r}: {hint}", ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the verbs in the order of their definition."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs with the whole first sentence of each."""
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Verbs"):
            formatter.write_dl([(name, command.get_short_help_str(_SENTENCE)) for name, command in commands])


class Root(VerbGroup):
    """`modelwright` itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return all verbs in the order of the help."""
        return verbs()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # likewise
        """Import a verb."""
        module = module_of(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # likewise
        """Write the verbs by section, from the catalogue alone."""
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(section.items()), col_max=12)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs before the options: they are what a reader looks for."""
        self.format_commands(ctx, formatter)
        records = [record for option in self.get_params(ctx) if (record := option.get_help_record(ctx))]
        with formatter.section("Options, before or after the verb"):
            formatter.write_dl(records)


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"modelwright {version('modelwright')}")
        ctx.exit()


def _root_callback(**_common: Any) -> None:
    """Take the common options; the verb reads them from this context."""


def root() -> Root:
    """Return the command `modelwright`."""
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_version,
        help="Show the version.",
    )
    return Root(
        "modelwright",
        params=[*common_options(), version],
        callback=_root_callback,
        context_settings=SETTINGS,
        no_args_is_help=True,
        help="One ML platform, declared once in Python: trained, gated, served, watched and rolled back.",
        epilog=(
            "Start with `modelwright up` in a folder with a project.py, or with `modelwright demo`. Every flag has a "
            "twin in the environment: MODELWRIGHT_JSON=1 for --json, MODELWRIGHT_TRAIN_PROMOTE=1 for `train --promote`."
        ),
    )


def group(name: str, text: str, *, default: str = "") -> VerbGroup:
    """Return an empty group of verbs with this help; `default` is the verb that is meant without any."""
    text = f"{text} Without a verb: {default}." if default else text
    made = VerbGroup(name, help=text, context_settings=SETTINGS, no_args_is_help=True)
    made.default = default
    return made
