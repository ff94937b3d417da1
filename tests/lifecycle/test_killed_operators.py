"""Whoever is killed while releasing, at whatever append: another process brings the release to its end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lifecycle.living import FAST, bodies, fitted, living, retrained, rows, settle, write_project

from modelwright import connect
from modelwright.client import Client, Step
from modelwright.ledger.verify import verify

CHILD = """
import os, signal, sys
from modelwright import connect
from modelwright.ledger import stream
from modelwright.lifecycle import rollout

rollout.CLAIM_SECONDS = 0.5
left, write = int(sys.argv[3]), stream._put_once

def write_and_die(store, key, data):
    global left
    done = write(store, key, data)
    left -= done
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

stream._put_once = write_and_die
client = connect(sys.argv[1])
if sys.argv[2] == "rollback":
    client.rollback("api", reason="killed").wait(timeout=60)
elif sys.argv[2] == "tick":
    while any(step.busy or step.moved for step in client.tick()):
        pass
else:
    client.promote(sys.argv[2]).wait(timeout=60)
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A project with a live version and a second one; gates are a metric that its run logged."""
    file = write_project(tmp_path, endpoint=f"rollout={FAST}", gates='[Metric("accuracy") >= 0.5]')
    with living(file) as client:
        first, _ = fitted(client, {}, {"C": 0.2})
        client.promote(first).wait(timeout=60)
        yield client


def die(client: Client, what: str, appends: int) -> None:
    """Promote a version, roll back or tick in a process that is killed by its own append of this number."""
    file = client.workplace.place.folder / "project.py"
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(file), what, str(appends)], capture_output=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()


def in_order(client: Client, version: int) -> None:
    """Assert that exactly one version serves, that alias and ledger say so, and that nothing is left to do."""
    current = client.history("api").entries[-1]
    assert (current.state, current.versions) == ("live", (version,))
    assert client.version("risk@champion").number == version
    assert client.predict("api", rows()).version == version
    serving = client.platform.driver.serving.status("api")
    assert [d.state for d in serving.deployments] == ["ready"]
    assert serving.weights == {f"v{version}-r{current.release}": 100}
    assert verify(client.platform.store) == ()
    before = len(client.ledger.stream("endpoint/api").events()) + len(client.ledger.stream("model/risk").events())
    for _ in range(3):
        assert [step for step in client.tick() if step.moved or step.failed] == []
    after = len(client.ledger.stream("endpoint/api").events()) + len(client.ledger.stream("model/risk").events())
    assert after == before


# What a promotion with one gate and one step of canary appends: request, gate, approval, alias, end of the promotion;
# plan, deploy begun and done, half begun, divided and done, all begun, divided and done, live. Later: no approval.
@pytest.mark.timeout(280)
@pytest.mark.parametrize("kills", [(1, 4, 6, 9, 12), (2, 5, 7, 8, 11)])
def test_a_promotion_killed_at_any_append_is_finished_by_another_process(
    client: Client, kills: tuple[int, ...]
) -> None:
    for turn, appends in enumerate(kills):
        version = 2 - turn % 2
        die(client, f"risk:{version}", appends)
        settle(client)
        in_order(client, version)
    keys = [event.key for event in client.ledger.stream("endpoint/api").events()]
    assert len(keys) == len(set(keys))
    assert len(bodies(client, "endpoint/api", "release.live")) == len(kills) + 1


# What a tick appends for a run that ended: that it did, its version registered, verified, the promotion requested.
@pytest.mark.timeout(280)
def test_a_retraining_killed_at_any_append_is_registered_and_promoted_by_another_process(client: Client) -> None:
    for appends in (1, 2, 3, 4):
        run = retrained(client, C=appends / 10)
        die(client, "tick", appends)
        settle(client)
        in_order(client, 2 + appends)
        assert client.version("risk@champion").state.run == run


@pytest.mark.timeout(280)
def test_a_way_back_killed_at_any_append_ends_with_the_healthy_version(client: Client) -> None:
    for appends in (1, 2, 8):
        client.promote("risk:2").wait(timeout=60)
        die(client, "rollback", appends)
        settle(client)
        in_order(client, 1)
    bad = client.version("risk:2")
    (file,) = (client.workplace.state / "control/models" / bad.digest.removeprefix("sha256:")).glob("*.skops")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-7])
    # request, gate, alias, end of the promotion, plan, deploy begun; then: goes back, traffic given back, alias, end
    for appends in (7, 8, 9):
        die(client, "risk:2", appends)
        settle(client)
        assert client.history("api").entries[-1].state == "failed"
        assert client.version("risk@champion").number == 1
        assert client.predict("api", rows()).version == 1


@pytest.mark.timeout(280)
def test_four_who_tick_at_once_release_as_one_would(client: Client) -> None:
    file = client.workplace.place.folder / "project.py"
    stop = threading.Event()
    failures: list[Step] = []

    def ticking() -> None:
        operator = connect(file)
        while not stop.is_set():
            failures.extend(step for step in operator.tick() if step.failed)

    threads = [threading.Thread(target=ticking) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for version in (2, 1):
            client.promote(f"risk:{version}").wait(timeout=90)
        client.rollback("api", reason="as it was").wait(timeout=90)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    in_order(client, 2)
    assert [entry.state for entry in client.history("api").entries] == [
        "superseded", "superseded", "rolled_back", "live",
    ]  # fmt: skip
