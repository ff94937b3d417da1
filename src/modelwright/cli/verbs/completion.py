"""`modelwright completion`: the script that makes a shell complete verbs and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from modelwright.cli.answer import Answer
from modelwright.cli.group import root
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.errors import UsageError


@verb(
    "completion",
    examples=[
        'eval "$(modelwright completion bash)"        # in ~/.bashrc',
        'eval "$(modelwright completion zsh)"         # in ~/.zshrc',
        "modelwright completion fish > ~/.config/fish/completions/modelwright.fish",
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(_session: Session, shell: str) -> Answer:
    """Print the script that completes verbs, options and values in SHELL."""
    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"there is no completion for {shell}")
    script = made(root(), {}, "modelwright", "_MODELWRIGHT_COMPLETE").source()
    return Answer({"shell": shell, "script": script}, script)
