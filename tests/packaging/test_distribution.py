"""What `pip install modelwright` brings: a short pinned list, of bounded size, and a wheel with nothing beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
MIB = 2**20

# Look at each new name before it is added: everybody who installs modelwright gets it.
BASE = [
    "annotated-types",
    "click",
    "cloudpickle",
    "duckdb",
    "h11",
    "joblib",
    "msgspec",
    "narwhals",
    "numpy",
    "packaging",
    "prettytable",
    "pydantic",
    "pydantic-core",
    "scikit-learn",
    "scipy",
    "skops",
    "threadpoolctl",
    "typing-extensions",
    "typing-inspection",
    "uvicorn",
    "wcwidth",
]


def closure(distribution: str) -> set[str]:
    """Return what an installation without extras brings, itself not counted, by the installed metadata."""
    found: set[str] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(distribution, frozenset())]
    while waiting:
        name, extras = waiting.pop()
        for text in metadata.requires(name) or []:
            requirement = Requirement(text)
            chosen = any(_applies(requirement, extra) for extra in extras or {""})
            needed = canonicalize_name(requirement.name)
            if chosen and needed not in found:
                found.add(needed)
                waiting.append((needed, frozenset(requirement.extras)))
    return found


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def test_the_base_installation_is_exactly_this_list() -> None:
    assert sorted(closure("modelwright")) == BASE


def test_the_base_installation_has_at_most_22_distributions() -> None:
    assert len(closure("modelwright") | {"modelwright"}) <= 22


def test_the_base_installation_needs_at_most_350_mb() -> None:
    files = [file for name in closure("modelwright") for file in metadata.files(name) or []]
    size = sum(Path(str(file.locate())).stat().st_size for file in files if Path(str(file.locate())).is_file())
    assert 50 * MIB < size <= 350 * MIB


@pytest.mark.parametrize(
    "extra", ["aws", "azure", "demo", "dev", "fast", "gcp", "kubernetes", "onnx", "pulumi", "tune"]
)
def test_every_extra_is_declared(extra: str) -> None:
    assert extra in (metadata.metadata("modelwright").get_all("Provides-Extra") or [])


def test_every_requirement_has_a_lower_and_an_upper_bound() -> None:
    for text in metadata.requires("modelwright") or []:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) != "modelwright":
            assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}, text


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as it would be published, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_carries_its_types(wheel: zipfile.ZipFile) -> None:
    assert "modelwright/py.typed" in wheel.namelist()


def test_the_wheel_holds_the_package_and_its_metadata_only(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"modelwright", f"modelwright-{metadata.version('modelwright')}.dist-info"}
    assert not [
        name for name in wheel.namelist() if "test" in Path(name).name or name.endswith((".pyc", "conftest.py"))
    ]


def test_the_wheel_names_its_command_its_adapter_and_its_licence(wheel: zipfile.ZipFile) -> None:
    info = f"modelwright-{metadata.version('modelwright')}.dist-info"
    points = wheel.read(f"{info}/entry_points.txt").decode()
    assert "modelwright = modelwright.cli.main:main" in points
    assert "[modelwright.adapters]\nlocal = " in points
    assert "License-Expression: Apache-2.0" in wheel.read(f"{info}/METADATA").decode()
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
