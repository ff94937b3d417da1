"""An image goes to a real registry and comes back as it was, by the eyes of others."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.image.bases import LINUX, small_base
from tests.image.registries import Running, registry

from modelwright.image.blobs import BlobFolder
from modelwright.image.build import Built, put_together
from modelwright.image.credentials import anonymous
from modelwright.image.delivery import push, write_layout
from modelwright.image.layers import Entry, write_layer
from modelwright.image.layout import Layout, open_layout
from modelwright.image.reference import Reference
from modelwright.image.registry import Repository


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


def repository(running: Running, name: str, *, mounts_from: str = "") -> Repository:
    return Repository(Reference(running.host, name), credentials=anonymous, writes=True, mounts_from=mounts_from)


def image(folder: Path) -> tuple[Built, BlobFolder, Layout]:
    layout, base = small_base(folder)
    own = BlobFolder(folder / "own")
    layer = write_layer("project", [Entry.of_bytes("opt/modelwright/project/train.py", b"x = 1\n")], own)
    return put_together(base, [layer], platform=LINUX, env={"MODE": "test"}, labels={}), own, layout


def test_a_pushed_image_comes_back_from_the_registry_byte_by_byte(running: Running, tmp_path: Path) -> None:
    built, own, base = image(tmp_path)

    sent = push(built, own, base, repository(running, "team/flights"), tag="1.0")

    assert sent.digest == "sha256:" + hashlib.sha256(built.manifest).hexdigest()
    document = running.manifest("team/flights", "1.0")
    assert document == json.loads(built.manifest)
    config = json.loads(running.blob("team/flights", document["config"]["digest"]))
    layers = [gzip.decompress(running.blob("team/flights", layer["digest"])) for layer in document["layers"]]
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    with tarfile.open(fileobj=io.BytesIO(layers[-1])) as tar:
        project = tar.extractfile("opt/modelwright/project/train.py")
        assert project is not None
        assert project.read() == b"x = 1\n"
    assert {"MODE=test", "A=1", "PATH=/opt/modelwright/bin:/p"} <= set(config["config"]["Env"])


def test_skopeo_and_umoci_read_what_was_pushed(running: Running, tmp_path: Path) -> None:
    if not (shutil.which("skopeo") and shutil.which("umoci")):
        pytest.skip("no skopeo and umoci on the PATH (Debian: apt-get install skopeo umoci)")
    built, own, base = image(tmp_path)
    sent = push(built, own, base, repository(running, "seen/by-others"))

    source = f"docker://{running.host}/seen/by-others@{sent.digest}"
    copy = ["skopeo", "--insecure-policy", "copy", "--preserve-digests", "--src-tls-verify=false"]
    subprocess.run([*copy, source, f"oci:{tmp_path}/copy:it"], check=True, capture_output=True)
    unpack = ["umoci", "raw", "unpack", "--rootless", "--image", f"{tmp_path}/copy:it", str(tmp_path / "root")]
    subprocess.run(unpack, check=True, capture_output=True)

    assert (tmp_path / "root/etc/name").read_bytes() == b"base\n"
    assert (tmp_path / "root/opt/modelwright/project/train.py").read_bytes() == b"x = 1\n"
    assert (tmp_path / "root/bin/run").stat().st_mode & 0o777 == 0o755


def test_what_is_there_already_is_not_sent_again(running: Running, tmp_path: Path) -> None:
    built, own, base = image(tmp_path)
    first = push(built, own, base, repository(running, "twice"))
    again = push(built, own, base, repository(running, "twice"))

    assert list(first.how.values()) == ["copied", "pushed"]
    assert list(again.how.values()) == ["there", "there"]
    assert again.digest == first.digest


def test_blobs_of_another_repository_of_the_registry_are_mounted(running: Running, tmp_path: Path) -> None:
    built, own, base = image(tmp_path)
    push(built, own, base, repository(running, "origin"))

    sent = push(built, own, base, repository(running, "mounted", mounts_from="origin"))

    assert list(sent.how.values()) == ["mounted", "mounted"]
    running.manifest("mounted", sent.digest)


def test_a_layout_folder_needs_no_registry_and_is_read_by_others(tmp_path: Path) -> None:
    built, own, base = image(tmp_path)

    sent = write_layout(built, own, base, open_layout(tmp_path / "layout"), tag="1.0")

    index = json.loads((tmp_path / "layout/index.json").read_bytes())
    assert [one["digest"] for one in index["manifests"]] == [sent.digest]
    assert json.loads((tmp_path / "layout/oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    for path in (tmp_path / "layout/blobs/sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    if shutil.which("skopeo"):
        seen = subprocess.run(["skopeo", "inspect", f"oci:{tmp_path}/layout:1.0"], check=True, capture_output=True)
        assert json.loads(seen.stdout)["Digest"] == sent.digest
