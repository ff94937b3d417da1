"""Odd surroundings: names that shells hate, no HOME, an open umask, folders that cannot be written, no network."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.surroundings import destroy, mw, state, within, works, write_project


def open_umask() -> None:
    os.umask(0)


def test_a_life_in_an_odd_folder_without_a_home_with_an_open_umask(tmp_path: Path) -> None:
    """One life in all of these surroundings at once; each alone would be as good a test and take as long."""
    folder = write_project(tmp_path / "with a space" / "new\nline" / "naïve-ß-数据-🙂" / "per%20cent '\"$HOME")
    elsewhere = Path("/dev/shm")  # a file system of its own wherever it exists
    before = set(elsewhere.glob("*"))
    odd = {
        "TMPDIR": str(elsewhere) if elsewhere.is_dir() else None,
        "HOME": None,
        "USER": None,
        "LOGNAME": None,
        "XDG_CACHE_HOME": None,
        "LANG": "C",
        "LC_ALL": "C",
        "TERM": None,
    }
    try:
        for arguments in (
            ["up"],
            ["train", "fit", "--promote"],
            ["endpoint", "invoke", "--sample"],
            ["doctor"],
            ["up"],
        ):
            said = mw(*arguments, folder=folder, env=odd, before=open_umask)
            assert said.status == 0, said.err
        assert mw("preview", "--expect-no-changes", folder=folder, env=odd).status == 0
        assert within("ledger", "verify", folder=folder).status == 0
        private = [path for path in state(folder).rglob("*") if path.name in {"token", "process.json"}]
        assert len(private) == 2
        assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o600, 0o600]
        assert [path for path in set(elsewhere.glob("*")) - before if "modelwright" in path.name] == []
    finally:
        destroy(folder)
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == ["project.py"]


def test_an_open_umask_opens_no_token_and_no_temporary_folder_is_needed(project: Path) -> None:
    nowhere = {"TMPDIR": str(project / "missing")}
    assert mw("up", folder=project, before=open_umask, env=nowhere).status == 0
    token = state(project) / "endpoints/api/token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Keep a folder from being written: by its permissions, or for root, whom those do not bind, by a mount."""
    if os.geteuid() != 0:
        paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        modes = [path.stat().st_mode for path in paths]
        for path in paths:
            path.chmod(0o555)
        try:
            yield
        finally:
            for path, mode in zip(paths, modes, strict=True):
                path.chmod(mode)
        return
    bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, text=True, check=False)
    if bound.returncode:
        pytest.skip(f"root can write everywhere, and nothing can be mounted here: {bound.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_cannot_be_written_is_named_and_up_goes_on_when_it_can(project: Path) -> None:
    with read_only(project):
        said = mw("up", folder=project)
        assert said.status == 1
        assert "read-only" in said.err or "permission denied" in said.err
        assert str(project) in said.err.replace("\n", "")
        assert "what to do: let your user write there" in said.err
        assert mw("preview", folder=project).status == 0
        assert mw("validate", folder=project).status == 0
        assert mw("doctor", folder=project).status == 1
    works("up", folder=project)


def test_what_was_applied_can_be_read_in_a_folder_that_cannot_be_written(project: Path) -> None:
    works("up", folder=project)
    with read_only(project):
        for arguments in (["status"], ["preview", "--expect-no-changes"], ["runs"], ["model"], ["outputs"]):
            assert mw(*arguments, folder=project).status == 0, arguments
        said = mw("train", "fit", "--detach", folder=project)
        assert said.status == 1
        assert "let your user write there" in said.err
    works("train", "fit", folder=project)


NO_NETWORK = """
import ipaddress, socket, sys
def allowed(address):
    return not isinstance(address, tuple) or ipaddress.ip_address(address[0]).is_loopback
def audit(event, arguments):
    if event == "socket.connect" and not allowed(arguments[1]):
        sys.stderr.write(f"connected to {arguments[1]}\\n")
    if event == "socket.getaddrinfo" and arguments[0] not in {None, "localhost", "127.0.0.1", b"127.0.0.1"}:
        sys.stderr.write(f"looked up {arguments[0]}\\n")
sys.addaudithook(audit)
"""


LIFE = """
set -e
mw() { "$PYTHON" -c 'from modelwright.cli.main import main; main()' "$@"; }
mw up; mw train fit --promote; mw endpoint invoke --sample; mw doctor
cp .modelwright/dev/endpoints/api/endpoint.log .modelwright/dev/jobs/fit-1/log.txt "$LOGS"
mw destroy --yes --allow-data-loss foundation
"""


def test_a_whole_life_asks_nothing_of_a_network_and_needs_none(project: Path, tmp_path: Path) -> None:
    """Where the system lets us, there is no interface but loopback; everywhere, whoever asks for another is heard."""
    for name in ("audit", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "audit/sitecustomize.py").write_text(NO_NETWORK)
    watched = {"PYTHONPATH": str(tmp_path / "audit"), "PYTHON": sys.executable, "LOGS": str(tmp_path / "logs")}
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up 2>/dev/null || ifconfig lo up && exec "$@"', "sh"]
    possible = shutil.which("unshare") and subprocess.run([*alone, "true"], capture_output=True, check=False)
    prefix = alone if possible and possible.returncode == 0 else []
    done = subprocess.run([*prefix, "sh", "-c", LIFE], cwd=project, env={**os.environ, **watched}, text=True,
                          capture_output=True, check=False, timeout=240)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    logs = [path.read_text() for path in (tmp_path / "logs").iterdir()]
    assert len(logs) == 2
    for text in (done.stderr, *logs):
        assert "connected to" not in text
        assert "looked up" not in text
