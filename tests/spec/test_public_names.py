from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.spec.samples import FLIGHTS

import modelwright

HEAVY = ("pydantic", "numpy", "pandas", "duckdb", "sklearn", "click", "boto3", "pulumi", "uvicorn", "skops", "msgspec")


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import modelwright; dir(modelwright)").isdisjoint(HEAVY)


def test_declaring_a_project_loads_pydantic_and_nothing_else_heavy() -> None:
    statement = f"import modelwright; modelwright.load_project({str(FLIGHTS)!r})"
    assert loaded_after(statement) & set(HEAVY) == {"pydantic"}


def test_every_name_of_the_design_page_is_public() -> None:
    tree = ast.parse(FLIGHTS.read_text())
    (imported,) = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    assert {alias.name for alias in imported.names} <= set(modelwright.__all__)


def test_what_type_checkers_see_is_what_is_there() -> None:
    source = Path(str(modelwright.__file__)).read_text()
    seen = {name: home for home, name in re.findall(r"from (modelwright\.[\w.]+) import (\w+) as \2", source)}
    assert sorted([*seen, "__version__"]) == modelwright.__all__
    assert seen == modelwright._HOME


@pytest.mark.parametrize("name", sorted(name for name, home in modelwright._HOME.items() if ".spec." in home))
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(modelwright, name).__name__ == name


def test_the_version_is_that_of_the_distribution() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", modelwright.__version__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Endpiont'"):
        getattr(modelwright, "Endpiont")  # noqa: B009  # a plain attribute would not pass the type checker
