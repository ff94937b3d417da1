"""A server's secrets are in its environment and in the router's memory, and in no file: it starts again with them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.security.finder import CANARIES, Search
from tests.serving.serving_kit import Endpoint, stored
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes
from modelwright.errors import CredentialsError

SECRET = CANARIES["serve"]
MODEL = """
import os

def predict(columns):
    if (columns["x"] == 500).any():
        raise ValueError("refused: " + os.environ["KEY"])
    return columns["x"] + (columns["x"] == 7) * len(os.environ.get("KEY", ""))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("models")
    (root / "keyed.py").write_text(MODEL)
    return stored(root, f"{root}/keyed.py:predict", sample={"x": [1.0]}, opt_in="callable")


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("MODELWRIGHT_SECRET_SERVING", SECRET)
    found = Endpoint(tmp_path / "state")
    yield found
    found.driver.stop("api")


def kill(endpoint: Endpoint, *names: tuple[str, str]) -> None:
    """Kill processes by folder and name, all before any of them is seen to be gone."""
    found = [processes.identity(endpoint.folder / folder, name) for folder, name in names]
    for process in found:
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)


ROUTER, SERVER = ("", "router"), ("v1-r1", "server")


def test_a_server_has_its_secret_after_any_process_was_killed(
    endpoint: Endpoint, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.deploy("v1-r1", model, env={"KEY": {"$secret": "serving"}})
    endpoint.traffic({"v1-r1": 100})
    expected = [7.0 + len(SECRET)]
    assert endpoint.predict(7.0).predictions == expected
    assert "[secret]" in endpoint.predict(500.0).json["error"]["message"]
    monkeypatch.delenv("MODELWRIGHT_SECRET_SERVING")  # the router starts it again, and it is nobody's child
    kill(endpoint, SERVER)
    eventually(lambda: endpoint.predict(7.0).predictions == expected)
    kill(endpoint, ROUTER, SERVER)
    refused = eventually(lambda: _refused(endpoint))
    assert "was not told the secret 'serving'" in refused
    monkeypatch.setenv("MODELWRIGHT_SECRET_SERVING", SECRET)
    endpoint.traffic({"v1-r1": 100})
    eventually(lambda: endpoint.predict(7.0).predictions == expected)

    found = Search({"serve": SECRET, "token": endpoint.token})
    found.tree(endpoint.state)
    for name, place in (("router", ROUTER), ("server", SERVER)):
        process = processes.identity(endpoint.folder / place[0], place[1])
        assert process is not None
        found.process(name, process.pid)
    assert found.places("serve") == {"environ of server"}
    assert found.places("token") == {"state/endpoints/api/token"}


def _refused(endpoint: Endpoint) -> str:
    answer = endpoint.predict(7.0)
    return answer.json["error"]["message"] if answer.status == 503 and "secret" in answer.body.decode() else ""


def test_a_secret_that_is_not_known_is_named_before_anything_starts(endpoint: Endpoint, model: str) -> None:
    with pytest.raises(CredentialsError, match="'other'"):
        endpoint.deploy("v1-r1", model, env={"KEY": {"$secret": "other"}})
    assert not (endpoint.folder / "v1-r1/process.json").exists()
