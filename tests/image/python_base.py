"""A base image of the Python that runs the tests: its interpreter, its standard library and the libraries they load."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tests.image.bases import write_base

from modelwright.image.blobs import BlobFolder, Descriptor
from modelwright.image.layers import Layer
from modelwright.image.layout import Layout

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_LEFT_OUT = {"__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
             "site-packages", "dist-packages", "pydoc_data"}  # fmt: skip


def python_base(folder: Path) -> tuple[Layout, str]:
    """Write the base into a layout folder and return it with its digest; its second layer deletes a file."""
    blobs = BlobFolder(folder / "own")
    program = Path(sys.executable).resolve()
    env = Path(shutil.which("env") or "/usr/bin/env")
    files: dict[str, Path | bytes] = {
        **_standard_library(),
        f"usr/local/bin/python{VERSION}": program,
        "usr/bin/env": env,
        "etc/leftover": b"deleted by the layer above\n",
        **{str(path).lstrip("/"): path for path in _libraries([program, env, *_extensions()])},
    }
    layers = [_python(files, blobs), _deleting("etc/.wh.leftover", blobs)]
    settings = {"Env": ["PATH=/usr/local/bin:/usr/bin", "LD_LIBRARY_PATH=/usr/local/lib", "LANG=C.UTF-8"]}
    return write_base(folder / "base", layers, blobs, **settings)


def _standard_library() -> dict[str, Path]:
    found = {}
    root = Path(sysconfig.get_path("stdlib")).resolve()
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        config = inside.parts[0].startswith("config-")  # a static library of 60 MB
        if path.is_file() and path.suffix != ".a" and not config and not _LEFT_OUT & set(inside.parts):
            found[f"usr/local/lib/python{VERSION}/{inside.as_posix()}"] = path
    return found


def _extensions() -> list[Path]:
    import numpy as np

    dynamic = Path(sysconfig.get_path("stdlib")).resolve() / "lib-dynload"
    skipped = ("_tkinter", "_test", "_ctypes_test", "xx")
    found = [path for path in dynamic.glob("*.so") if not path.name.startswith(skipped)]
    return [*found, *(Path(np.__file__).parent / "_core").glob("_multiarray_umath*.so")]


def _libraries(objects: list[Path]) -> list[Path]:
    """Return the system's libraries that objects load, by `ldd`; what lies in packages is the packages' own."""
    told = subprocess.run(["ldd", *map(str, objects)], capture_output=True, text=True, check=False).stdout
    found = {*re.findall(r"=> (/\S+) \(0x", told), *re.findall(r"^\s+(/\S+) \(0x", told, re.MULTILINE)}
    return sorted(Path(path) for path in found if "-packages" not in path)


def _python(files: Mapping[str, Path | bytes], blobs: BlobFolder) -> Layer:
    """Return the layer of Python, by other code than ours; not compressed, as some bases are, for speed."""
    with tempfile.TemporaryFile() as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, content in sorted(files.items()):
                info = tarfile.TarInfo(name)
                if isinstance(content, bytes):
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                    continue
                state = content.stat()
                info.size, info.mode = state.st_size, 0o755 if state.st_mode & 0o100 else 0o644
                with content.open("rb") as file:
                    tar.addfile(info, file)
            link = tarfile.TarInfo("usr/local/bin/python3")
            link.type, link.linkname = tarfile.SYMTYPE, f"python{VERSION}"
            tar.addfile(link)
            temporary = tarfile.TarInfo("tmp")
            temporary.type, temporary.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(temporary)
        return _layer("python", out, blobs)


def _deleting(name: str, blobs: BlobFolder) -> Layer:
    """Return a layer of one whiteout, which our own layers never hold."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    return _layer("deleting", out, blobs)


def _layer(title: str, out: IO[bytes], blobs: BlobFolder) -> Layer:
    out.seek(0)
    digest = "sha256:" + hashlib.file_digest(out, "sha256").hexdigest()  # type: ignore[arg-type]  # a readable file
    blob = Descriptor("application/vnd.oci.image.layer.v1.tar", digest, out.seek(0, io.SEEK_END))
    out.seek(0)
    blobs.add(iter(lambda: out.read(1 << 20), b""), blob, title)
    return Layer(title, blob, digest)
