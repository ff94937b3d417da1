"""What everybody waits for stays light: importing the package, and asking for help."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["duckdb", "fairlearn", "joblib", "msgspec", "numpy", "onnxruntime", "optuna", "pandas", "pyarrow", "pydantic"]
HEAVY += ["scipy", "skl2onnx", "sklearn", "skops", "uvicorn", "uvloop"]
CLOUD = ["azure", "boto3", "botocore", "google", "kubernetes", "pulumi"]

HELP = """
import sys
sys.argv = ["modelwright", *sys.argv[1:]]
from modelwright.cli.main import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""
ASK = "\nimport sys\nprint('loaded:', *sorted({name.split('.')[0] for name in sys.modules}))"


def loaded(code: str, *arguments: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running `code`."""
    command = [sys.executable, "-c", code + ASK, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.rpartition("loaded:")[2].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    modules = loaded("import modelwright")
    assert "modelwright" in modules
    assert modules.isdisjoint([*HEAVY, *CLOUD])


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_asking_for_help_loads_nothing_heavy(arguments: list[str]) -> None:
    modules = loaded(HELP, *arguments)
    assert "click" in modules
    assert modules.isdisjoint([*HEAVY, *CLOUD])


def test_the_bottom_layer_needs_the_standard_library_only() -> None:
    code = "from modelwright import canonical, clock, errors, store"
    assert loaded(code).isdisjoint([*HEAVY, *CLOUD, "click"])


@pytest.mark.parametrize("module", ["ledger.stream", "ledger.verify", "contract.driver", "lifecycle.reconcile"])
def test_deciding_needs_no_arrays_and_no_models(module: str) -> None:
    assert loaded(f"import modelwright.{module}").isdisjoint([*CLOUD, "duckdb", "numpy", "scipy", "sklearn", "uvicorn"])
