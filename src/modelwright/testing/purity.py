"""Compiling touches nothing: twice the same, also in another process, and no files, network, processes, libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from modelwright.contract.discovery import installed
from modelwright.testing.check import Check, ConformanceError, listed, require
from modelwright.testing.shape import samples
from modelwright.testing.subject import Subject

_PROBE_SECONDS = 300.0


def checks(subject: Subject) -> Iterator[Check]:
    """Yield them; what needs a process of its own is asked only of an adapter that its name leads to."""
    yield Check("compile[twice the same]", lambda: _twice(subject))
    if subject.name in installed():
        yield Check("compile[same elsewhere]", lambda: _elsewhere(subject))
        yield Check("compile[touches nothing]", lambda: _touches(subject))
        yield Check("compile[imports nothing]", lambda: _imports(subject))


def digests(subject: Subject) -> dict[str, str]:
    """Return the digest of every sample's assembly, by the sample's place among them."""
    return {str(number): subject.compile(project).digest for number, project in enumerate(samples(subject))}


def _twice(subject: Subject) -> None:
    for project in samples(subject):
        first, second = subject.compile(project), subject.compile(project)
        require(
            first.digest == second.digest, f"adapter {subject.name!r}: compiling a project twice gives two assemblies"
        )


def _elsewhere(subject: Subject) -> None:
    """Compare with a process that has another order of hashes, another working folder and hardly any environment."""
    theirs = _probe(subject.name, json.dumps(subject.settings))["digests"]
    ours = digests(subject)
    differing = [name for name in ours if ours[name] != theirs.get(name)]
    require(
        not differing,
        f"adapter {subject.name!r}: {len(differing)} of {len(ours)} samples compile to another assembly in another "
        "process; iterate over sorted(…) instead of a set, and read no clock, environment or working folder",
    )


def _touches(subject: Subject) -> None:
    found = _probe(subject.name, json.dumps(subject.settings))["touched"]
    require(not found, f"adapter {subject.name!r}: compiling touches the world: {listed(found)}; `lower` is pure")


def _imports(subject: Subject) -> None:
    found = _probe(subject.name, json.dumps(subject.settings))["imported"]
    require(
        not found,
        f"adapter {subject.name!r}: loading and compiling imports {listed(found)}; import libraries of a platform in "
        "the driver, which is loaded when a verb is called",
    )


@cache
def _probe(adapter: str, settings: str) -> dict[str, Any]:
    """Return what another process found while it compiled every sample."""
    kept = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    path = os.pathsep.join(filter(None, sys.path))
    environment |= {"PYTHONHASHSEED": "20261121", "PYTHONPATH": path, "HOME": os.devnull, "TZ": "Pacific/Auckland"}
    command = [sys.executable, "-m", "modelwright.testing.probe", adapter, settings]
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=_PROBE_SECONDS
        )
    if said.returncode:
        raise ConformanceError(f"adapter {adapter!r} cannot be compiled in another process: {said.stderr.strip()}")
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer
