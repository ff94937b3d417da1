"""A challenger soaks on mirrored traffic before it is promoted, or is refused because it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lifecycle.living import FAST, Callers, bodies, fitted, living, rows, settle, traffic, write_project

from modelwright import connect
from modelwright.client import Client
from modelwright.errors import GateError, UnknownEnvironmentError
from modelwright.ledger.verify import verify

ENVIRONMENTS = '{"dev": Environment("local"), "prod": Environment("local")}'
# Of sixty requests by two callers at least twenty in a row are one caller's, and those name every ward once.
GATES = '{"dev": [Soak("1s", as_="challenger", min_requests=60)], "prod": [Soak("1s", environment="dev")]}'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A project with two environments, whose endpoint mirrors to the challenger."""
    endpoint = f'shadow="risk@challenger", rollout={FAST}'
    file = write_project(tmp_path, gates=GATES, endpoint=endpoint, environments=ENVIRONMENTS)
    with living(file) as client:
        yield client
        connect(file, environment="prod").destroy(allow_data_loss=["foundation"])


@pytest.mark.timeout(240)
def test_a_version_soaks_as_challenger_here_and_is_judged_by_that_elsewhere(client: Client, tmp_path: Path) -> None:
    first, bad, broken, second = fitted(client, {}, {"forgets": "w20"}, {"C": 0.3}, {"C": 0.2})
    client.promote(first).wait(timeout=60)
    callers = Callers(tmp_path / "project.py")
    with callers.calling():
        with pytest.raises(GateError, match=r"soak 1s as challenger: \d+ of \d+ failed"):
            client.promote(bad).wait(timeout=60)
        (file,) = (client.workplace.state / "control/models" / broken.digest.removeprefix("sha256:")).glob("*.skops")
        file.chmod(0o644)
        file.write_bytes(b"no model")
        with pytest.raises(GateError, match=r"v3-r1-shadow cannot serve: .*"):
            client.promote(broken).wait(timeout=60)
        client.promote(second).wait(timeout=60)
    assert callers.failed == []
    assert {each.version for each in callers.asked} == {first.number, second.number}
    assert (bad.status, broken.status, second.status) == ("rejected", "rejected", "approved")
    assert client.version("risk@champion").number == second.number
    assert second.aliases == ("champion",)
    passed = [body for body in bodies(client, "model/risk", "gate.evaluated") if body["version"] == second.number]
    assert passed[0]["evidence"]["requests"] >= 60
    assert passed[0]["evidence"]["errors"] == 0
    settle(client)
    assert {d.name for d in client.platform.driver.serving.status("api").deployments} == {
        f"v4-r{len(releases(client))}"
    }
    assert verify(client.platform.store) == ()
    copied_elsewhere(client, tmp_path)


def releases(client: Client) -> list[dict[str, int]]:
    return [dict(body["versions"]) for body in bodies(client, "endpoint/api", "release.planned")]


def copied_elsewhere(client: Client, tmp_path: Path) -> None:
    """The second version is copied with its provenance, and passes the gate that asks how it soaked here."""
    other = connect(tmp_path / "project.py", environment="prod")
    other.up()
    here = client.version("risk@champion")
    there = client.copy(here, to="prod")
    again = client.copy(here, to="prod")
    assert (there.number, again.number, there.digest) == (1, 1, here.digest)
    (imported,) = bodies(other, "model/risk", "version.imported")
    assert (imported["imported"]["environment"], imported["imported"]["version"]) == ("dev", here.number)
    other.promote("risk:1").wait(timeout=60)
    assert other.predict("api", rows()).version == 1
    assert traffic(other) == [{"v1-r1": 100}]
    with pytest.raises(UnknownEnvironmentError):
        client.copy(here, to="prodd")
