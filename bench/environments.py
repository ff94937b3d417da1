"""The environments that are measured: modelwright as a user installs it, and every peer in one of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.process import ROOT

PEERS = ROOT / "bench" / ".peers"
OURS = ("modelwright", "modelwright-fast", "modelwright-pulumi")
REQUIREMENTS = {
    "modelwright": (str(ROOT),),
    "modelwright-fast": (f"{ROOT}[fast]",),
    "modelwright-pulumi": (f"{ROOT}[pulumi]",),
    "mlflow": ("mlflow>=3.5",),
    "mlserver": ("mlserver>=1.6", "mlserver-sklearn>=1.6", "pandas<3"),
    "feast": ("feast[duckdb]>=0.60",),
    "pulumi-kubernetes": ("pulumi>=3.150", "pulumi-kubernetes>=4.30"),
    "evidently": ("evidently>=0.7", "pandas<3"),  # imports a name that pandas 3 no longer has
}
"""What is installed into each; lower bounds, so that a resolver does not go back years to satisfy one."""


class MissingError(Exception):
    """An environment cannot be made here; the text says why and stands in the table."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with one of the sides in it."""

    name: str
    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    def script(self, name: str) -> Path:
        """Return the path of a console script."""
        return self.folder / "bin" / name

    def version(self, package: str) -> str:
        """Return `package version` as it is installed."""
        code = f"import importlib.metadata as m; print({package!r}, m.version({package!r}))"
        return subprocess.run([str(self.python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def ready(name: str) -> Environment:
    """Return an environment, made if it is not there; modelwright is installed again, from the working tree.

    Raises `MissingError` with the installer's last words.
    """
    found = Environment(name, PEERS / name)
    stamp = found.folder / ".installed"
    wanted = _stamp(name)
    if name in OURS:
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(found, REQUIREMENTS[name])
    elif not stamp.exists() or stamp.read_text() != wanted:
        _install(found, REQUIREMENTS[name])
    stamp.write_text(wanted)
    return found


def _stamp(name: str) -> str:
    """Return what an environment was made of: its requirements, and for modelwright every file of the source."""
    digest = hashlib.sha256(json.dumps([REQUIREMENTS[name], sys.version]).encode())
    if name in OURS:
        for path in sorted((ROOT / "src").rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _install(environment: Environment, requirements: tuple[str, ...]) -> None:
    uv = shutil.which("uv")
    python = str(environment.python)
    if not environment.python.exists():
        venv = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
        _do([*venv, str(environment.folder)])
    again = ["--reinstall-package", "modelwright"] if environment.name in OURS else []
    if uv:
        _do([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *again, *requirements])
    else:
        again = ["--force-reinstall"] if again else []
        _do([python, "-m", "pip", "install", "--quiet", *again, *requirements])


def _do(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"cannot be installed: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
