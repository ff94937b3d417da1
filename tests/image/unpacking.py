"""A pulled image unpacked by the image specification, without any of our code, and a process run in its root."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.image.registries import Running


def unpack(running: Running, repository: str, digest: str, root: Path) -> dict[str, Any]:
    """Pull an image and unpack it into a folder; return its config."""
    manifest = running.manifest(repository, digest)
    config: dict[str, Any] = json.loads(running.blob(repository, manifest["config"]["digest"]))
    root.mkdir()
    for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        with tarfile.open(fileobj=io.BytesIO(running.blob(repository, layer["digest"]))) as tar:
            assert tar.fileobj is not None
            tar.fileobj.seek(0)
            assert diff_id == "sha256:" + hashlib.file_digest(tar.fileobj, "sha256").hexdigest()  # type: ignore[arg-type]  # a readable file
            tar.fileobj.seek(0)
            _apply(tar, root)
    return config


def _apply(tar: tarfile.TarFile, root: Path) -> None:
    # As it was pushed, /tmp with its mode; Python 3.11 had no such attribute before 3.11.4, and did the same.
    tar.extraction_filter = lambda member, _path: member
    for member in tar:
        path = root / member.name
        if path.name == ".wh..wh..opq":
            for one in path.parent.iterdir():
                _remove(one)
        elif path.name.startswith(".wh."):
            _remove(path.with_name(path.name.removeprefix(".wh.")))
        else:
            tar.extract(member, root)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def enter(root: Path) -> list[str]:
    """Return the words before a command that is to run in a root as the image's user, or skip."""
    ways = [["chroot", "--userspec=65532:65532"], ["unshare", "--map-root-user", "chroot"]]
    for way in ways if os.geteuid() == 0 else ways[1:]:
        inside = [*way, str(root), "/usr/bin/env", "-i"]
        command = [*inside, "/usr/local/bin/python3", "-c", ""]
        if shutil.which(way[0]) and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return inside
    pytest.skip("no process can be run in another root here: that needs chroot or user namespaces")
