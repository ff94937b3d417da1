"""Wheels of a lock, brought by pip for another platform and Python, and kept by their hash.

pip is what people have configured: its index, its proxy, its credentials. It chooses and downloads; nothing is built or
run. What it brings is verified against the lock again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import parse_wheel_filename

from modelwright.errors import IntegrityError, ModelwrightError, NotFoundError, ProviderError, UsageError
from modelwright.image.blobs import pieces, room_in
from modelwright.image.locks import Lock, Pin, lock_lines
from modelwright.image.target import Target

_IN_ADDRESS = re.compile(r"//[^/@\s]+@")
_LONGEST = 500


class Wheelhouse:
    """A folder of wheels: `wheels/<sha256>/<name>`, and which one was chosen for a pin and a target."""

    def __init__(self, folder: Path) -> None:
        self._wheels = folder / "wheels"
        self._choices = folder / "choices"

    def bring(self, lock: Lock, target: Target) -> dict[str, Path]:
        """Return the wheel of each pin by name; what is not kept yet is downloaded. Raises what pip's failure means."""
        missing = [pin for pin in lock.pins.values() if self._kept(pin, target) is None]
        if missing:
            with room_in(self._wheels):
                self._wheels.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(prefix=".tmp-", dir=self._wheels) as folder:
                    download(missing, lock.options, target, Path(folder))
                    self._keep(missing, target, Path(folder))
        found = {pin.name: self._kept(pin, target) for pin in lock.pins.values()}
        return {name: path for name, path in found.items() if path is not None}

    def _kept(self, pin: Pin, target: Target) -> Path | None:
        """Return the wheel that was chosen for a pin, if its bytes are still those of its hash."""
        try:
            chosen = json.loads(self._choice(pin, target).read_bytes())
            path = self._wheels / str(chosen["sha256"]) / str(chosen["file"])
            return path if sha256_of(path) == chosen["sha256"] else None
        except (OSError, ValueError, KeyError):
            return None

    def _keep(self, pins: Iterable[Pin], target: Target, folder: Path) -> None:
        brought = {parse_wheel_filename(path.name)[0]: path for path in folder.glob("*.whl")}
        self._choices.mkdir(parents=True, exist_ok=True)
        for pin in pins:
            path = brought.get(pin.name)  # type: ignore[call-overload]  # pins carry canonical names
            if path is None:
                raise NotFoundError(f"pip brought no wheel of {pin.name}", where=str(target))
            found = sha256_of(path)
            if found not in pin.hashes:
                raise IntegrityError(f"{path.name} has none of the lock's hashes", where="image.requirements")
            if not target.tags & parse_wheel_filename(path.name)[3]:
                raise IntegrityError(f"{path.name} is not for {target}", where="image.requirements")
            place = self._wheels / found
            place.mkdir(exist_ok=True)
            path.replace(place / path.name)
            choice = self._choice(pin, target)
            temporary = choice.with_name(f".tmp-{found}-{choice.name}")
            temporary.write_text(json.dumps({"sha256": found, "file": path.name}))
            temporary.replace(choice)

    def _choice(self, pin: Pin, target: Target) -> Path:
        key = json.dumps([pin.line(), target.platforms, target.python])
        return self._choices / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for data in pieces(file):
            found.update(data)
    return found.hexdigest()


def download(pins: Iterable[Pin], options: Iterable[str], target: Target, folder: Path) -> None:
    """Download the wheels of pins into a folder, by pip. Raises the error that its failure means."""
    lines = folder / "requirements.txt"
    lines.write_text(lock_lines(pins, options))
    command = [*_pip(), "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
               "--require-hashes", "--only-binary=:all:", "--implementation=cp",
               f"--python-version={target.python}", *(f"--platform={one}" for one in target.platforms),
               f"--dest={folder}", f"--requirement={lines}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise _failure(done.stderr, target)


def _pip() -> list[str]:
    """Return the command that is pip: this environment's, the PATH's, or uv's."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip") or shutil.which("pip3"):
        return [found]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "--quiet", "pip"]
    raise UsageError("neither pip nor uv is there to download wheels", remedy="install one: python -m ensurepip")


def _failure(output: str, target: Target) -> ModelwrightError:
    """Return what pip's last words mean; addresses lose the credentials that they may carry."""
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    said = _IN_ADDRESS.sub("//", " ".join(errors) or output.strip())[:_LONGEST]
    where = "image.requirements"
    if "DO NOT MATCH THE HASHES" in output:
        return IntegrityError(f"a wheel is not the one that was locked: {said}", where=where, remedy="lock again")
    if "No matching distribution" in output:
        remedy = "lock a version that has a wheel: nothing is built from source"
        return NotFoundError(f"no wheel for {target}: {said}", where=where, remedy=remedy)
    return ProviderError(f"pip could not download: {said}", where=where, remedy="check the index and the network")
