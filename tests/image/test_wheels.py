"""Wheels are unpacked as their specification says, and one that lies is refused before anything is kept."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.image.wheelsmith import installed_wheel, locked, record_line, write_wheel

from modelwright.errors import IntegrityError, InvalidProjectError, NotFoundError
from modelwright.image.blobs import BlobFolder
from modelwright.image.dependencies import dependencies_layer
from modelwright.image.downloads import Wheelhouse
from modelwright.image.layers import Layer
from modelwright.image.locks import read_lock
from modelwright.image.manifests import Platform
from modelwright.image.target import Target

TARGET = Target(Platform("linux", "amd64"), "3.12")


def layer_of(folder: Path, *wheels: Path) -> tuple[Layer, BlobFolder]:
    blobs = BlobFolder(folder / "own")
    lock = read_lock(locked(*wheels), TARGET, "requirements.lock")
    named = {path.name.split("-")[0]: path for path in wheels}
    return dependencies_layer(named, lock, TARGET, blobs)[0], blobs


def content(folder: Path, *wheels: Path) -> dict[str, tuple[bytes, int]]:
    """Return the files of the layer: their bytes and permissions, by their path."""
    layer, blobs = layer_of(folder, *wheels)
    found = {}
    with tarfile.open(blobs.path(layer.blob.digest)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                found[member.name.removeprefix("opt/modelwright/")] = file.read(), member.mode
    return found


def test_every_part_of_a_wheel_lies_where_the_specification_says(tmp_path: Path) -> None:
    points = "[console_scripts]\nplanted = planted:main\nDeep = planted:pure.main [x]\n"
    files: dict[str, str | bytes] = {
        "planted/__init__.py": "def main(): print('ran')\n",
        "planted/__pycache__/__init__.cpython-312.pyc": b"bytecode",
        "planted/tool": b"#!/bin/sh\n",
        "planted-1.0.data/purelib/planted/pure.py": "PURE = 1\n",
        "planted-1.0.data/platlib/planted/plat.py": "PLAT = 1\n",
        "planted-1.0.data/scripts/old-style": "#!python\nprint('old')\n",
        "planted-1.0.data/scripts/shell": "#!/bin/sh\necho\n",
        "planted-1.0.data/headers/planted.h": "int planted;\n",
        "planted-1.0.data/data/share/planted.txt": "data\n",
        "planted-1.0.dist-info/entry_points.txt": points,
    }
    found = content(tmp_path, write_wheel(tmp_path, "planted", files, executable=("planted/tool",)))

    assert found["packages/planted/pure.py"] == (b"PURE = 1\n", 0o644)
    assert found["packages/planted/plat.py"] == (b"PLAT = 1\n", 0o644)
    assert found["packages/planted/tool"] == (b"#!/bin/sh\n", 0o755)
    assert found["bin/old-style"] == (b"#!/usr/bin/env python3\nprint('old')\n", 0o755)
    assert found["bin/shell"] == (b"#!/bin/sh\necho\n", 0o755)
    assert found["include/planted/planted.h"] == (b"int planted;\n", 0o644)
    assert found["prefix/share/planted.txt"] == (b"data\n", 0o644)
    assert b"from planted import pure" in found["bin/Deep"][0]
    assert b"sys.exit(pure.main())" in found["bin/Deep"][0]
    assert not [name for name in found if name.endswith(".pyc")]


def test_a_program_of_an_entry_point_runs(tmp_path: Path) -> None:
    files = {
        "planted/__init__.py": "def main():\n    print('ran')\n    return 3\n",
        "planted-1.0.dist-info/entry_points.txt": "[console_scripts]\nplanted = planted:main\n",
    }
    layer, blobs = layer_of(tmp_path, write_wheel(tmp_path, "planted", files))
    with tarfile.open(blobs.path(layer.blob.digest)) as tar:
        tar.extraction_filter = lambda member, _path: member  # what Python before 3.11.4 does, which knows no filters
        tar.extractall(tmp_path / "root")
    ours = tmp_path / "root/opt/modelwright"
    done = subprocess.run(
        [sys.executable, str(ours / "bin/planted")], env={"PYTHONPATH": str(ours / "packages")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "ran\n")


def test_the_record_that_is_written_is_true_of_what_was_installed(tmp_path: Path) -> None:
    found = content(
        tmp_path, installed_wheel(tmp_path, "click"), write_wheel(tmp_path, "other", {"other.py": "x = 1\n"})
    )
    record = next(data for name, (data, _) in found.items() if name.startswith("packages/click-") and "/RECORD" in name)
    named = [line.rsplit(",", 2) for line in record.decode().splitlines()]
    own = [name for name in found if "click" in name]
    assert len(named) == len(own)
    for path, digest, size in named:
        data = found[f"packages/{path}"][0]
        if digest:
            truth = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            assert (digest, size) == (f"sha256={truth}", str(len(data)))


GOOD = {"planted/__init__.py": "VALUE = 1\n"}


def _leading_out(folder: Path, case: str) -> Path:
    return write_wheel(folder, "planted", {**GOOD, case: "x = 1\n"})


def _with_a_file_more(folder: Path, _case: str) -> Path:
    path = write_wheel(folder, "planted", GOOD)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("planted/extra.py", "x = 1\n")
    return path


def _with_a_link(folder: Path, _case: str) -> Path:
    path = write_wheel(folder, "planted", GOOD)
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("planted/link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return path


def _with_another_hash(folder: Path, _case: str) -> Path:
    return write_wheel(folder, "planted", GOOD, record=_record(folder, "VALUE = 2\n"))


def _with_a_file_less(folder: Path, _case: str) -> Path:
    whole = _record(folder, "VALUE = 1\n") + record_line("planted/gone.py", b"x") + "\n"
    return write_wheel(folder, "planted", GOOD, record=whole)


def _without_hashes(folder: Path, _case: str) -> Path:
    return write_wheel(folder, "planted", GOOD, record=_record(folder, "VALUE = 1\n").replace("sha256=", "md5="))


def _damaged(folder: Path, _case: str) -> Path:
    path = write_wheel(folder, "planted", GOOD)
    path.write_bytes(path.read_bytes().replace(b"VALUE = 1", b"VALUE = 9"))
    return path


def _misnamed(folder: Path, _case: str) -> Path:
    return write_wheel(folder, "other", GOOD).rename(folder / "planted-1.0-py3-none-any.whl")


def _record(folder: Path, told: str) -> str:
    """Return a RECORD that is right but for what it says of the planted module."""
    with zipfile.ZipFile(write_wheel(folder / "right", "planted", GOOD)) as archive:
        right = archive.read("planted-1.0.dist-info/RECORD").decode()
    lines = [line for line in right.splitlines() if not line.startswith("planted/__init__")]
    return "\n".join([record_line("planted/__init__.py", told.encode()), *lines]) + "\n"


@pytest.mark.parametrize(
    ("write", "case", "told"),
    [
        (_leading_out, "../outside.py", "leads out"),
        (_leading_out, "/etc/outside.py", "leads out"),
        (_leading_out, "planted/../../outside.py", "leads out"),
        (_leading_out, "C:/outside.py", "leads out"),
        (_with_another_hash, "", "not what the wheel's RECORD says"),
        (_with_a_file_more, "", "RECORD does not name planted/extra.py"),
        (_with_a_file_less, "", "which is not there"),
        (_without_hashes, "", "no sha256 of"),
        (_with_a_link, "", "no plain file"),
        (_damaged, "", "damaged"),
        (_misnamed, "", "holds no .dist-info of planted"),
    ],
)
def test_a_wheel_that_lies_is_refused_and_nothing_of_it_is_kept(
    tmp_path: Path, write: Callable[[Path, str], Path], case: str, told: str
) -> None:
    wheel = write(tmp_path, case)
    with pytest.raises(IntegrityError, match=told):
        layer_of(tmp_path, wheel)
    kept = tmp_path / "own/sha256"
    assert not kept.exists() or list(kept.iterdir()) == []


def test_the_same_wheels_give_the_same_layer_in_any_order(tmp_path: Path) -> None:
    wheels = [write_wheel(tmp_path, name, {f"{name}.py": "x = 1\n"}) for name in ("alpha", "beta", "gamma")]
    first = layer_of(tmp_path / "one", *wheels)[0]
    again = layer_of(tmp_path / "two", *reversed(wheels))[0]
    assert (first.blob, first.diff_id) == (again.blob, again.diff_id)


def test_a_lock_that_lacks_what_a_wheel_needs_is_refused_by_name(tmp_path: Path) -> None:
    needs = ("absent>=1", 'elsewhere; sys_platform == "win32"', 'optional; extra == "more"', "old>=2")
    wheel = write_wheel(tmp_path, "planted", {"planted.py": ""}, requires=needs)
    with pytest.raises(InvalidProjectError) as caught:
        layer_of(tmp_path, wheel, write_wheel(tmp_path, "old", {"old.py": ""}))
    assert sorted(problem.message for problem in caught.value.problems) == [
        "planted needs absent, which the lock lacks",
        "planted needs old>=2, and the lock has 1.0",
    ]


def test_pip_brings_the_wheel_of_the_target_and_not_of_this_machine(tmp_path: Path) -> None:
    house = tmp_path / "wheels"
    tags = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_28_aarch64", "cp312-cp312-win_amd64",
            "cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_39_x86_64")  # fmt: skip
    wheels = [write_wheel(house, "native", {"native.py": f"TAG = {tag!r}\n"}, tag=tag) for tag in tags]
    hashes = " ".join(f"--hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in wheels)
    lock = read_lock(f"--no-index\n--find-links {house}\nnative==1.0 {hashes}\n", TARGET, "lock")
    brought = Wheelhouse(tmp_path / "kept").bring(lock, TARGET)
    assert brought["native"].name == "native-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"

    for path in wheels:
        path.unlink()
    assert Wheelhouse(tmp_path / "kept").bring(lock, TARGET) == brought  # kept: nothing is downloaded again


def test_a_wheel_with_another_hash_and_a_missing_one_are_told_apart(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "wheels", "planted", {"planted.py": ""})
    text = locked(wheel)
    write_wheel(tmp_path / "wheels", "planted", {"planted.py": "altered = True\n"})
    with pytest.raises(IntegrityError, match="not the one that was locked"):
        Wheelhouse(tmp_path / "kept").bring(read_lock(text, TARGET, "lock"), TARGET)
    with pytest.raises(NotFoundError, match=r"no wheel for linux/amd64, Python 3\.12"):
        Wheelhouse(tmp_path / "kept").bring(read_lock(text.replace("==1.0", "==2.0"), TARGET, "lock"), TARGET)


def test_markers_of_a_lock_are_asked_for_the_target() -> None:
    line = f"--hash=sha256:{'0' * 64}"
    text = f"""
        everywhere==1 {line}
        windows==1 ; sys_platform == 'win32' {line}
        older==1 ; python_version < '3.12' \\
            {line}
        intel==1 ; platform_machine == 'x86_64' and python_version >= '3.12' {line}  # a comment
    """
    assert sorted(read_lock(text, TARGET, "lock").pins) == ["everywhere", "intel"]
    arm = Target(Platform("linux", "arm64"), "3.11")
    assert sorted(read_lock(text, arm, "lock").pins) == ["everywhere", "older"]
