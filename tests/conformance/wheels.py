"""Real wheels, built and installed into a folder as an installer does it: unpacked, with their dist-info."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path


def build(project: Path, into: Path) -> Path:
    """Build the wheel of a project with its own build backend, without a network."""
    source = into / "source"
    shutil.copytree(project, source, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = into.glob("*.whl")
    return built


def write(into: Path, distribution: str, modules: Mapping[str, str], adapters: Mapping[str, str]) -> Path:
    """Write a wheel of single modules, whose adapters are named by entry points, and return it."""
    name = distribution.replace("-", "_")
    info = f"{name}-1.2.dist-info"
    points = "".join(f"{adapter} = {value}\n" for adapter, value in adapters.items())
    files = {
        **{f"{module}.py": code for module, code in modules.items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[modelwright.adapters]\n{points}",
    }
    record = [f"{path},sha256={_hash(text)},{len(text.encode())}" for path, text in files.items()]
    into.mkdir(parents=True, exist_ok=True)
    wheel = into / f"{name}-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return wheel


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def install(wheel: Path, folder: Path) -> Path:
    """Unpack a wheel into a folder, which is all that installing pure Python means, and return the folder."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder
