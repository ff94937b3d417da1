"""What was read is kept on disk: for the same files only, and never needed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

import pytest
from tests.schema import acme

from modelwright.assembly.resource import Resource
from modelwright.contract.schema import examine

SDKS = {"acme": acme.PACKAGE}
WRONG = [Resource("lake", "acme:store/bucket:Bucket", {"bucketName": "x", "rules": [{"prefx": 1}], "tier": "warm"})]
PATHS = ["rules[0].prefx", "rules[0].prefix", "tier"]


class Machine:
    """A site folder with the SDK, a cache folder, and examinations that begin as a new process does."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.cache = folder / "cache"
        self.patch = patch
        self.times = 0
        acme.install(self.site)
        patch.setenv("XDG_CACHE_HOME", str(self.cache))
        patch.syspath_prepend(self.site)

    def paths(self) -> list[str]:
        """Examine as another process would: nothing is remembered for this search path."""
        self.times += 1
        self.patch.syspath_prepend(self.folder / f"nothing-{self.times}")
        return [finding.wrong.path for finding in examine(WRONG, SDKS).findings]

    @property
    def files(self) -> list[Path]:
        return sorted(self.cache.rglob("*.*"))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_the_second_process_does_not_read_the_source(machine: Machine) -> None:
    assert machine.paths() == PATHS
    (file,) = machine.files
    assert file.parent == machine.cache / "modelwright" / "schemas"
    assert file.name.startswith("pulumi-acme-1.2.3-")
    for source in (machine.site / acme.PACKAGE).rglob("*.py"):
        if source.name != "__init__.py":
            source.write_text("this is not Python")
    assert machine.paths() == PATHS


def test_what_the_cache_does_not_hold_yet_is_read_and_added(machine: Machine) -> None:
    machine.paths()
    (file,) = machine.files
    before = file.stat().st_size
    pod = Resource("pod", "acme:apps/v1:Pod", {"spec": 1})
    machine.patch.syspath_prepend(machine.folder / "another")
    assert [finding.wrong.path for finding in examine([pod], SDKS).findings] == ["apiVersion"]
    assert file.stat().st_size > before
    assert machine.paths() == PATHS


def test_another_version_and_another_build_of_one_version_are_read_anew(machine: Machine) -> None:
    machine.paths()
    source = machine.site / acme.PACKAGE / "store" / "_inputs.py"
    source.write_text(source.read_text().replace('"prefix"', '"prefx"').replace("prefix:", "prefx:"))
    record = machine.site / f"{acme.PACKAGE}-1.2.3.dist-info" / "RECORD"
    record.write_text(record.read_text().replace("_inputs.py,sha256=", "_inputs.py,sha256=0"))
    assert machine.paths() == ["rules[0].prefx", "tier"]
    assert len(machine.files) == 2


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"tokens": 7}', b'{"objects": {"a": {"inputs": {"b": 1}}}}', b"\xff\x00"]
)
def test_a_damaged_file_is_read_past_and_mended(machine: Machine, damage: bytes) -> None:
    machine.paths()
    (file,) = machine.files
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert machine.paths() == PATHS
    assert len(file.read_bytes()) == len(whole)


def test_a_cache_that_cannot_be_written_is_done_without(machine: Machine) -> None:
    machine.cache.write_text("a file where the folder should be")
    assert machine.paths() == PATHS
    assert machine.paths() == PATHS


def test_an_sdk_whose_files_have_no_digests_is_not_kept(machine: Machine) -> None:
    acme.install(machine.site, listed=False)
    assert machine.paths() == PATHS
    assert machine.files == []


def test_a_relative_cache_folder_is_not_taken(machine: Machine) -> None:
    machine.patch.setenv("XDG_CACHE_HOME", "cache")
    machine.patch.setenv("HOME", str(machine.folder / "home"))
    machine.patch.chdir(machine.folder)
    assert machine.paths() == PATHS
    assert not (machine.folder / "cache").exists()


def test_processes_that_write_at_the_same_time_leave_one_whole_file(machine: Machine) -> None:
    code = (
        "from tests.schema.test_cache import WRONG, SDKS\n"
        "from modelwright.contract.schema import examine\n"
        "print([finding.wrong.path for finding in examine(WRONG, SDKS).findings])"
    )
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {[str(machine.site), *sys.path]!r}\n{code}"]
    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(lambda _: run(command, capture_output=True, text=True, check=True, timeout=240), range(3)))
    assert {each.stdout.strip() for each in said} == {str(PATHS)}
    assert len(machine.files) == 1
    assert machine.paths() == PATHS
