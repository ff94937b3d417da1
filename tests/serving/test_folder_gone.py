"""What is left of an endpoint whose state was deleted while it served: nothing, and what comes after it works."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.serving.serving_kit import Endpoint
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes
from modelwright.workload.standing import Standing


def test_router_and_server_end_when_their_folder_is_deleted(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict(4.0).predictions == [8.0]
    shutil.rmtree(endpoint.state)
    eventually(lambda: not _running(str(endpoint.folder)))


def test_an_endpoint_made_again_after_its_folder_was_deleted_serves(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    before = processes.identity(endpoint.folder / "v1-r1", "server")
    shutil.rmtree(endpoint.state)
    eventually(lambda: not _running(str(endpoint.folder)))
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict(4.0).predictions == [8.0]
    assert processes.identity(endpoint.folder / "v1-r1", "server") != before


def test_a_folder_made_again_under_the_same_name_is_not_taken_for_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    first = Standing(folder)
    assert not first.gone()
    folder.rmdir()
    assert first.gone()
    folder.mkdir()
    assert first.gone()
    assert not Standing(folder).gone()


def _running(folder: str) -> list[str]:
    """Return the processes whose command line names the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if folder in text and "modelwright" in text:
            found.append(text)
    return found
