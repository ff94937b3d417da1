"""What an image may stand on: one image or one of many, as OCI and as Docker spell it, and nothing that contradicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.image.bases import small_base

from modelwright.errors import IntegrityError, ModelwrightError, NotFoundError, UsageError
from modelwright.image.bases import find_base
from modelwright.image.blobs import Descriptor
from modelwright.image.credentials import anonymous
from modelwright.image.layout import Layout
from modelwright.image.manifests import CONFIG, INDEX, Platform, encoded
from modelwright.image.reference import Reference, is_loopback
from modelwright.image.target import Target

TARGET = Target(Platform("linux", "amd64"), "3.12")
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def found(layout: Layout, digest: str) -> Any:
    return find_base(f"oci:{layout.folder}@{digest}", TARGET, credentials=anonymous)[1].image


def altered(folder: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> tuple[Layout, str]:
    """Write a base whose manifest and config were changed by a test, with digests that are right."""
    layout, base = small_base(folder)
    manifest = json.loads(layout.manifest(base.digest)[1])
    config = json.loads(layout.blobs.path(manifest["config"]["digest"]).read_bytes())
    change(manifest, config)
    if manifest.get("config"):
        manifest["config"] = layout.blobs.add_bytes(encoded(config), CONFIG).to_json()
    return layout, layout.add_manifest(encoded(manifest)).digest


def index(layout: Layout, media_type: str, *parts: tuple[str, str]) -> str:
    """Write an index of digests and their platforms."""
    listed = []
    for digest, platform in parts:
        size = layout.blobs.path(digest).stat().st_size
        system, architecture = platform.split("/")
        one = Descriptor(DOCKER, digest, size, {"os": system, "architecture": architecture})
        listed.append(one.to_json())
    document = {"schemaVersion": 2, "mediaType": media_type, "manifests": listed}
    return layout.blobs.add_bytes(encoded(document), media_type).digest


@pytest.mark.parametrize("media_type", [INDEX, DOCKER_LIST])
def test_of_many_images_the_platforms_own_is_taken(tmp_path: Path, media_type: str) -> None:
    def for_arm(_manifest: dict[str, Any], config: dict[str, Any]) -> None:
        config["architecture"] = "arm64"

    layout, base = small_base(tmp_path / "amd")
    arm = altered(tmp_path / "amd", for_arm)[1]
    digest = index(layout, media_type, (arm, "linux/arm64"), (base.digest, "linux/amd64"))
    assert found(layout, digest).digest == base.digest

    alone = index(layout, media_type, (arm, "linux/arm64"))
    with pytest.raises(NotFoundError, match="no image for linux/amd64") as caught:
        found(layout, alone)
    assert caught.value.remedy == "there are: linux/arm64"
    lying = index(layout, media_type, (arm, "linux/amd64"))
    with pytest.raises(UsageError, match="is for linux/arm64, not for linux/amd64"):
        found(layout, lying)


def test_an_image_as_docker_spells_it_is_read_and_its_layers_are_named_as_the_standard_does(tmp_path: Path) -> None:
    def spelled(manifest: dict[str, Any], _config: dict[str, Any]) -> None:
        manifest["mediaType"] = DOCKER
        manifest["layers"][0]["mediaType"] = DOCKER_LAYER

    layers = found(*altered(tmp_path, spelled)).layers
    assert [layer.media_type for layer in layers] == ["application/vnd.oci.image.layer.v1.tar+gzip"]


def _without_layers(manifest: dict[str, Any], _config: dict[str, Any]) -> None:
    del manifest["layers"]


def _with_a_layer_more(_manifest: dict[str, Any], config: dict[str, Any]) -> None:
    config["rootfs"]["diff_ids"].append(f"sha256:{'0' * 64}")


def _with_another_algorithm(manifest: dict[str, Any], _config: dict[str, Any]) -> None:
    manifest["layers"][0]["digest"] = f"md5:{'0' * 32}"


def _with_a_path_as_digest(manifest: dict[str, Any], _config: dict[str, Any]) -> None:
    manifest["layers"][0]["digest"] = "sha256:../../../etc/passwd"


def _with_a_negative_size(manifest: dict[str, Any], _config: dict[str, Any]) -> None:
    manifest["layers"][0]["size"] = -1


def _foreign(manifest: dict[str, Any], _config: dict[str, Any]) -> None:
    manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


def _of_another_python(_manifest: dict[str, Any], config: dict[str, Any]) -> None:
    config["config"]["Env"] = ["PYTHON_VERSION=3.11.9"]


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (_without_layers, IntegrityError, "has no layers"),
        (_with_a_layer_more, IntegrityError, "1 layers, and 2 of them in the config"),
        (_with_another_algorithm, IntegrityError, "no sha256 digest"),
        (_with_a_path_as_digest, IntegrityError, "no sha256 digest"),
        (_with_a_negative_size, IntegrityError, "lacks its media type or its size"),
        (_foreign, UsageError, "cannot be passed on"),
        (_of_another_python, UsageError, r"the base has Python 3\.11\.9, and wheels would be chosen for 3\.12"),
    ],
)
def test_a_base_that_contradicts_itself_or_the_target_is_refused(
    tmp_path: Path,
    change: Callable[[dict[str, Any], dict[str, Any]], None],
    error: type[ModelwrightError],
    told: str,
) -> None:
    layout, digest = altered(tmp_path, change)
    with pytest.raises(error, match=told):
        found(layout, digest)


def test_a_manifest_or_config_whose_bytes_changed_is_refused(tmp_path: Path) -> None:
    layout, base = small_base(tmp_path)
    manifest = json.loads(layout.manifest(base.digest)[1])
    config = layout.blobs.path(manifest["config"]["digest"])
    config.write_bytes(config.read_bytes().replace(b"amd64", b"arm64"))
    with pytest.raises(IntegrityError, match="the config is not"):
        found(layout, base.digest)
    path = layout.blobs.path(base.digest)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IntegrityError, match="the manifest is not"):
        found(layout, base.digest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python:3.12-slim", Reference("registry-1.docker.io", "library/python", "3.12-slim")),
        ("team/image", Reference("registry-1.docker.io", "team/image")),
        ("docker.io/team/image:1", Reference("registry-1.docker.io", "team/image", "1")),
        ("localhost/image", Reference("localhost", "image")),
        ("host:5000/a/b:t@sha256:" + "0" * 64, Reference("host:5000", "a/b", "t", "sha256:" + "0" * 64)),
        ("[::1]:5000/a", Reference("[::1]:5000", "a")),
    ],
)
def test_names_are_read_as_docker_reads_them(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "UPPER/case", "a//b", "host:port/a", "a:", "a@b", "https://host/a", "a b", "a:t:u"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Reference.parse(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1:5000", True), ("localhost", True), ("[::1]:5000", True), ("127.1.2.3", True),
     ("10.0.0.1:5000", False), ("localhost.example.org", False), ("127.0.0.1.example.org:80", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
