from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelwright.errors import UsageError
from modelwright.workload.search import Choice, RandomSearch, Range, open_search, read_space

SPACE = {
    "rate": {"kind": "interval", "low": 0.001, "high": 1.0, "log": True, "integer": False},
    "depth": {"kind": "interval", "low": 2, "high": 5, "log": False, "integer": True},
    "loss": {"kind": "choice", "values": ["log", "hinge"]},
}


def test_both_spellings_of_a_space_are_read() -> None:
    short = {"rate": [0.001, 1.0, "log"], "depth": [2, 5], "loss": ["log", "hinge"]}
    expected = {
        "rate": Range(0.001, 1.0, whole=False, log=True),
        "depth": Range(2, 5, whole=True, log=False),
        "loss": Choice(("log", "hinge")),
    }
    assert read_space(SPACE) == expected
    assert read_space(short) == expected


@pytest.mark.parametrize("form", [[2, 1], [0.0, 1.0, "log"], [], "fast", 3])
def test_an_impossible_space_names_its_hyperparameter(form: Any) -> None:
    with pytest.raises(UsageError, match="'rate'"):
        read_space({"rate": form})


def test_random_values_stay_inside_and_reach_all_of_the_space() -> None:
    search = RandomSearch(read_space(SPACE), seed=1)
    drawn = [search.ask(number) for number in range(400)]

    assert all(0.001 <= trial["rate"] <= 1.0 for trial in drawn)
    assert {trial["depth"] for trial in drawn} == {2, 3, 4, 5}
    assert {trial["loss"] for trial in drawn} == {"log", "hinge"}
    # Even by magnitude: each of three decades gets a third, 133 ± 4 standard deviations of a binomial.
    decades = [sum(low <= trial["rate"] < low * 10 for trial in drawn) for low in (0.001, 0.01, 0.1)]
    assert all(95 < count < 171 for count in decades)


def test_random_search_is_a_function_of_seed_and_number() -> None:
    one, same, other = (RandomSearch(read_space(SPACE), seed=seed) for seed in (1, 1, 2))
    assert [one.ask(number) for number in (0, 1, 2)] == [same.ask(number) for number in (2, 1, 0)][::-1]
    assert one.ask(0) != other.ask(0)


def test_optuna_goes_on_from_its_journal(tmp_path: Path) -> None:
    journal = tmp_path / "optuna.journal"
    first = open_search(read_space(SPACE), seed=3, maximize=True, journal=journal)
    asked = [first.ask(number) for number in range(3)]
    first.tell(0, "succeeded", 0.5)
    first.tell(1, "failed", None)

    again = open_search(read_space(SPACE), seed=3, maximize=True, journal=journal)

    assert [again.ask(number) for number in range(3)] == asked
    assert again.ask(3) not in asked
    again.tell(0, "succeeded", 0.9)
    again.tell(2, "pruned", None)


def test_optuna_finds_the_better_end_of_a_range(tmp_path: Path) -> None:
    search = open_search({"x": Range(0.0, 1.0)}, seed=0, maximize=False, journal=tmp_path / "journal")
    values = []
    for number in range(25):
        x = search.ask(number)["x"]
        values.append(x)
        search.tell(number, "succeeded", (x - 0.2) ** 2)
    assert min(abs(x - 0.2) for x in values[10:]) < 0.05


def test_asking_for_tpe_without_optuna_says_what_to_install(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["optuna"] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "optuna" else found(name, *rest)
from pathlib import Path
from modelwright.workload.search import open_search
print(type(open_search({{}}, seed=0, maximize=True, journal=Path({str(tmp_path)!r}))).__name__)
open_search({{}}, seed=0, maximize=True, journal=Path({str(tmp_path)!r}), method="tpe")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "RandomSearch"
    assert "pip install 'modelwright[tune]'" in done.stderr
