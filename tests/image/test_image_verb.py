"""`modelwright image build`, as it is typed: the same digest from anywhere, and an answer for people and programs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.cli.shells import Said, call
from tests.image.bases import small_base
from tests.image.registries import registry
from tests.image.wheelsmith import locked, write_wheel

PROJECT = """
from modelwright import Image, Project, Secret

project = Project("flights", [], image=Image(env={"MODE": "fast", "TOKEN": Secret("token")}, python="3.12"))
"""


def write_project(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "project.py").write_text(PROJECT)
    (folder / "train.py").write_text("def train(context): ...\n")
    (folder / ".env").write_text("PASSWORD=hunter2hunter2\n")
    return folder


def build(project: Path, *more: str, cache: str = "cache") -> Said:
    return call("image", "build", *more, "--cache", str(project.parent / cache), folder=project)


@pytest.fixture
def base(tmp_path: Path) -> str:
    layout, found = small_base(tmp_path / "bases")
    return f"oci:{layout.folder}@{found.digest}"


def test_the_digest_is_the_same_from_another_folder_another_umask_another_time_and_another_cache(
    tmp_path: Path, base: str
) -> None:
    wheel = write_wheel(tmp_path / "wheels", "planted", {"planted/__init__.py": "VALUE = 1\n"})
    first = write_project(tmp_path / "one" / "flights")
    (first / "requirements.lock").write_text(locked(wheel))
    said = build(first, "--base", base, "--json")
    assert said.status == 0, said.err

    second = tmp_path / "two" / "elsewhere"
    before = os.umask(0o077)
    try:
        shutil.copytree(first, second, copy_function=shutil.copyfile)
        for path in second.rglob("*"):
            os.utime(path, (1, 1))
        again = build(second, "--base", base, "--json")
    finally:
        os.umask(before)
    assert again.status == 0, again.err

    one, other = said.document["result"], again.document["result"]
    assert one == other
    assert [layer["made"] for layer in other["layers"]] == ["base", "built", "built", "built"]
    kept = build(second, "--base", base, "--json").document["result"]
    assert kept["digest"] == one["digest"]
    assert [layer["made"] for layer in kept["layers"]] == ["base", "reused", "reused", "reused"]


def test_one_changed_file_changes_one_layer(tmp_path: Path, base: str) -> None:
    project = write_project(tmp_path / "flights")
    before = build(project, "--base", base, "--json").document["result"]
    (project / "train.py").write_text("def train(context): pass\n")
    after = build(project, "--base", base, "--json").document["result"]

    assert after["digest"] != before["digest"]
    digests = [{layer["title"]: layer["digest"] for layer in found["layers"]} for found in (before, after)]
    assert [title for title in digests[0] if digests[0][title] != digests[1][title]] == ["project"]
    assert [layer["made"] for layer in after["layers"]] == ["base", "reused", "built"]


def test_an_image_is_pushed_and_written_and_says_where_it_is(tmp_path: Path, base: str) -> None:
    project = write_project(tmp_path / "flights")
    with registry(tmp_path / "registry") as running:
        name = f"{running.host}/team/flights:1.0"
        said = build(project, "--base", base, "--push", name, "--layout", str(tmp_path / "layout"), "--json")
        assert said.status == 0, said.err
        result = said.document["result"]
        assert result["image"] == f"{name}@{result['digest']}"
        assert [layer["sent"] for layer in result["layers"]] == ["copied", "pushed", "pushed"]
        again = build(project, "--base", base, "--push", name, "--json").document["result"]
        assert [layer["sent"] for layer in again["layers"]] == ["there", "there", "there"]
        config = running.manifest("team/flights", "1.0")["config"]
        process = json.loads(running.blob("team/flights", config["digest"]))["config"]
    index = json.loads((tmp_path / "layout/index.json").read_bytes())
    assert [one["digest"] for one in index["manifests"]] == [result["digest"]]
    assert "MODE=fast" in process["Env"]
    assert not [entry for entry in process["Env"] if entry.startswith("TOKEN")]


def test_a_person_sees_the_digest_the_layers_and_what_was_left_out(tmp_path: Path, base: str) -> None:
    project = write_project(tmp_path / "flights")
    (project / "project.py").write_text(PROJECT.replace("Image(", 'Image(include=["**/*.py", ".env"], '))

    said = build(project, "--base", base)

    assert said.status == 0, said.err
    digest = json.loads(build(project, "--base", base, "--json").out)["result"]["digest"]
    assert digest in said.out
    rows = [line.split() for line in said.out.splitlines()]
    assert [row[0] for row in rows if len(row) > 4 and row[1].startswith("sha256:")] == ["base", "workload", "project"]
    assert "left out: .env: by its name" in said.err
    blobs = [path.read_bytes() for path in (tmp_path / "cache/blobs/sha256").iterdir()]
    assert not [data for data in blobs if b"hunter2" in data]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "the image has no base"),
        (["--base", "oci:nowhere"], "is not pinned"),
        (["--base", f"oci:nowhere@sha256:{'0' * 64}"], "no image"),
        (["--base", "someone:password@registry.example.org/base"], "no sha256 digest"),
    ],
)
def test_a_base_that_cannot_be_used_is_told(tmp_path: Path, options: list[str], told: str) -> None:
    said = build(write_project(tmp_path / "flights"), *options)
    assert said.status in (1, 2)
    assert told in " ".join(said.err.split())
    assert "password" not in said.err


def test_an_unpinned_base_is_told_with_todays_digest(tmp_path: Path) -> None:
    project = write_project(tmp_path / "flights")
    layout, found = small_base(tmp_path / "bases")
    with registry(tmp_path / "registry") as running:
        name = f"{running.host}/flights:1"
        pushed = build(project, "--base", f"oci:{layout.folder}@{found.digest}", "--push", name, "--json")
        digest = pushed.document["result"]["digest"]
        said = build(project, "--base", name)
    assert said.status == 2
    assert f'base="{name}@{digest}"' in " ".join(said.err.split())


def test_an_unlocked_requirement_is_told_by_its_line(tmp_path: Path, base: str) -> None:
    project = write_project(tmp_path / "flights")
    (project / "requirements.lock").write_text("numpy==2.0\nscipy>=1\n-e .\n")

    said = build(project, "--base", base, "--json")

    problems = said.document["diagnostics"][-1]["problems"]
    assert [one["line"] for one in problems] == [1, 2, 3]
    assert said.status == 2


def test_a_private_key_in_a_file_stops_the_build(tmp_path: Path, base: str) -> None:
    project = write_project(tmp_path / "flights")
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n"
    (project / "settings.py").write_text(f'KEY = """{key}"""\n')
    said = build(project, "--base", base)
    assert said.status == 2
    assert "settings.py holds a private key" in said.err
    assert "MIIEow" not in said.err
