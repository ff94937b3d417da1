from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.cli.shells import call
from tests.cli.tree import commands

from modelwright.cli.arguments import meaning
from modelwright.cli.catalogue import SECTIONS, verbs
from modelwright.cli.group import root

HEAVY = {
    "pydantic", "numpy", "duckdb", "uvicorn", "sklearn", "msgspec", "pandas", "optuna", "asyncio", "importlib.metadata",
    "modelwright.client", "modelwright.spec", "modelwright.lifecycle",
}  # fmt: skip
BUDGET = 0.08


COMMANDS = commands()


def test_the_help_lists_every_verb_with_a_sentence() -> None:
    said = call("--help")
    assert said.status == 0
    for section, entries in SECTIONS.items():
        assert f"{section}:" in said.out
        for verb, text in entries.items():
            assert f"  {verb} " in said.out
            assert text.endswith(".")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_verb_has_help_with_an_example_that_parses(command: str) -> None:
    said = call(*command.split(), "--help")
    assert said.status == 0
    assert said.out.startswith(f"Usage: modelwright {command} ")
    assert "Examples:" in said.out
    assert f"modelwright {command}" in said.out.partition("Examples:")[2]
    assert "--json" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_and_option_is_described(command: str) -> None:
    context = click.Context(root(), info_name="modelwright")
    found: click.Command = root()
    for word in command.split():
        assert isinstance(found, click.Group)
        inner = found.get_command(context, word)
        assert inner is not None
        found, context = inner, click.Context(inner, info_name=word, parent=context)
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help is not None, parameter.name
            assert parameter.help.endswith((".", "]")), parameter.name
        else:
            assert meaning(command, parameter.name or "").endswith("."), parameter.name
    said = call(*command.split(), "--help").out
    assert not {"INTEGER", "FLOAT", "RANGE"} & set(said.split()), "these are no words of a user"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_fits_the_terminal(command: str, width: int) -> None:
    said = call(*command.split(), "--help", COLUMNS=str(width))
    text = said.out.partition("Examples:")[0]  # an example is a line to copy, so it is never broken
    assert max(len(line) for line in text.splitlines()) <= width


def test_without_arguments_the_help_is_shown_and_the_status_says_usage() -> None:
    said = call()
    assert said.status == 2
    assert "Declare and apply:" in said.err
    assert said.out == ""


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    said = call("trian")
    assert said.status == 2
    assert "no verb 'trian': did you mean 'train'?" in said.err


def test_an_unknown_verb_of_a_group_is_answered_with_the_nearest() -> None:
    said = call("model", "promot")
    assert said.status == 2
    assert "did you mean 'promote'?" in said.err


def test_a_verb_unlike_any_other_is_answered_with_all() -> None:
    assert "one of: validate, compile, preview" in call("xyzzy").err


def test_an_unknown_option_is_a_usage_error() -> None:
    said = call("up", "--josn")
    assert said.status == 2
    assert "--json" in said.err


def test_version_is_printed() -> None:
    assert call("--version").out == "modelwright 0.1.0\n"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose bytecode is compiled, as an installation's is."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}
    subprocess.run([*_command(), "--help"], env=environment, check=True, capture_output=True)
    return environment


def _command() -> list[str]:
    return [sys.executable, "-c", "from modelwright.cli.main import main; main()"]


def test_help_costs_little_cpu(compiled: dict[str, str]) -> None:
    costs = []
    for _ in range(5):
        before = os.times()
        subprocess.run([*_command(), "--help"], env=compiled, check=True, capture_output=True)
        after = os.times()
        costs.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(costs) <= BUDGET, costs


def test_help_imports_nothing_heavy(compiled: dict[str, str]) -> None:
    code = (
        "import sys\nfrom modelwright.cli.main import run\nrun(['--help'])\nsys.stderr.write('\\n'.join(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], env=compiled, check=True, capture_output=True, text=True)
    loaded = set(said.stderr.split())
    assert not loaded & HEAVY
    assert not [name for name in loaded if name.startswith("modelwright.cli.verbs")]


def test_each_verb_lives_in_its_own_module() -> None:
    folder = Path(__file__).parents[2] / "src/modelwright/cli/verbs"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(verbs())
