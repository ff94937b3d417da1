"""What makes a function a verb: common options, examples in its help, and its answer on standard output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from modelwright.cli.answer import Answer, document
from modelwright.cli.arguments import meaning
from modelwright.cli.group import SETTINGS, Call, VerbGroup
from modelwright.cli.options import COMMON, chosen, common_options
from modelwright.cli.session import Session


class VerbCommand(click.Command):
    """A verb; its function takes a `Session` and its own parameters and returns an `Answer`."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": SETTINGS, **kwargs})
        self.examples = tuple(examples)
        self.params = [*self.params, *common_options()]

    def invoke(self, ctx: click.Context) -> int:
        """Call the verb, print its answer and return its exit status."""
        if self.callback is None:
            return 0
        session = Session(verb=_verb_path(ctx), **chosen(ctx))
        if isinstance(ctx.obj, Call):
            ctx.obj.session = session
        own = {name: value for name, value in ctx.params.items() if name not in COMMON}
        answer: Answer = ctx.invoke(self.callback, session, **own)
        show(answer, session)
        return answer.exit_status

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verb's arguments and its own options apart from the common ones."""
        named: list[tuple[str, str]] = []
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Argument):
                named.append((_shown(parameter, ctx), meaning(_verb_path(ctx), parameter.name or "")))
            elif (record := parameter.get_help_record(ctx)) is not None:
                (common if parameter.name in COMMON else own).append(record)
        for title, records in (("Arguments", named), ("Options", own), ("Common options", common)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the examples."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")


def _shown(argument: click.Argument, ctx: click.Context) -> str:
    """Return an argument as the usage line names it, without what says that it may be left out or repeated."""
    return argument.make_metavar(ctx).removesuffix("...").strip("[]")


def _verb_path(ctx: click.Context) -> str:
    return ctx.command_path.partition(" ")[2]


def show(answer: Answer, session: Session) -> None:
    """Print an answer: one JSON document where that was asked for, else its text."""
    if session.json:
        session.out.line(document(session.verb, answer.result, session.diagnostics))
    elif answer.text is not None:
        session.out.line(answer.text)


def verb(
    name: str, *, examples: Sequence[str], group: VerbGroup | None = None
) -> Callable[[Callable[..., Answer]], VerbCommand]:
    """Make a function the verb `name`, in a group or at the root. Its docstring is the help."""

    def decorate(function: Callable[..., Answer]) -> VerbCommand:
        made = click.command(name, cls=VerbCommand, examples=examples)(function)
        if group is not None:
            group.add_command(made)
        return made

    return decorate
