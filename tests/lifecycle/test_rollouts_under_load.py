"""Releases replace one another under real load: by steps, back at the first sign of harm, and never into the dark."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.lifecycle.living import CANARY, FAST, Callers, bodies, fitted, living, rows, settle, traffic, write_project
from tests.waiting import eventually

from modelwright import connect
from modelwright.client import Client, Step
from modelwright.client.models import Version
from modelwright.errors import NotReleasedError, ProviderError, TransitionError


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A project whose endpoint has a canary."""
    with living(write_project(tmp_path, endpoint=f"rollout={CANARY}")) as client:
        yield client


@pytest.mark.timeout(240)
def test_a_version_that_forgot_a_ward_goes_back_by_itself_every_time_it_is_promoted(
    client: Client, tmp_path: Path
) -> None:
    good, bad, better = fitted(client, {}, {"forgets": "w20"}, {"C": 0.2})
    client.promote(good).wait(timeout=60)
    callers, went_back = Callers(tmp_path / "project.py"), []

    def heard(step: Step) -> None:
        if "goes back" in step.text:
            went_back.append(time.time())

    with callers.calling():
        for _ in range(2):
            with pytest.raises(ProviderError, match=r"release \d of api went back: error_rate 0\.\d+ > 0\.01"):
                client.promote(bad).wait(timeout=90, on_progress=heard)
            begun = time.time()
            eventually(lambda begun=begun: len(callers.since(begun)) > 20)  # type: ignore[misc]  # its default is a float
            assert client.version("risk@champion").number == good.number
        client.promote(better).wait(timeout=90)

    assert {each.ward for each in callers.failed} == {"w20"}
    after_first = [e for e in callers.failed if went_back[0] < e.at < began_again(client)]
    assert after_first == []
    assert [each for each in callers.failed if each.at > went_back[1]] == []
    assert [entry.state for entry in client.history("api").entries] == [
        "superseded", "rolled_back", "rolled_back", "live",
    ]  # fmt: skip
    assert traffic(client)[-3:] == [{"v1-r1": 90, "v3-r4": 10}, {"v1-r1": 50, "v3-r4": 50}, {"v3-r4": 100}]
    assert client.predict("api", rows()).version == better.number
    shares_seen(client, callers, good.number, better.number)
    assert {deployment.name for deployment in client.platform.driver.serving.status("api").deployments} == {"v3-r4"}


def shares_seen(client: Client, callers: Callers, stable: int, new: int) -> None:
    """Assert that the callers saw the last canary's shares: a tenth, half, all."""
    events = client.ledger.stream("endpoint/api").events()
    ten, half, whole = [e.recorded.timestamp() for e in events if e.kind == "traffic.set"][-3:]
    at_ten = Counter(each.version for each in callers.asked if ten + 0.05 < each.at < half - 0.05)
    at_half = Counter(each.version for each in callers.asked if half + 0.05 < each.at < whole - 0.05)
    assert at_ten.keys() == at_half.keys() == {stable, new}
    assert at_ten[new] / at_ten.total() == pytest.approx(0.10, abs=0.06)
    assert at_half[new] / at_half.total() == pytest.approx(0.50, abs=0.15)
    assert {each.version for each in callers.since(whole + 0.1)} <= {new}


def began_again(client: Client) -> float:
    """Return when the third release first got traffic, in wall time."""
    events = client.ledger.stream("endpoint/api").events()
    return next(e.recorded.timestamp() for e in events if e.kind == "traffic.set" and e.body["release"] == 3)


def damage(client: Client, version: Version) -> Callable[[], object]:
    """Cut off the end of a version's file; return what puts it right again."""
    folder = client.workplace.state / "control/models" / version.digest.removeprefix("sha256:")
    (file,) = folder.glob("*.skops")
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:-7])
    return lambda: file.write_bytes(whole)


@pytest.mark.timeout(240)
def test_a_version_that_cannot_load_never_serves_and_the_healthy_one_goes_on(client: Client, tmp_path: Path) -> None:
    good, bad = fitted(client, {}, {"C": 0.2})
    mend = damage(client, good)
    with pytest.raises(ProviderError, match="cannot serve"):
        client.promote(good).wait(timeout=60)
    settle(client)
    assert client.status().resource("api").state == "failed"
    assert "cannot serve" in client.status().resource("api").detail
    assert client.platform.driver.serving.status("api").deployments == ()
    with pytest.raises(NotReleasedError, match="no live release"):
        client.predict("api", rows())
    mend()
    client.promote(good).wait(timeout=60)
    assert client.predict("api", rows()).release == 2

    damage(client, bad)
    callers = Callers(tmp_path / "project.py")
    with callers.calling(), pytest.raises(ProviderError, match=r"v2-r3 cannot serve: .*digest"):
        client.promote(bad).wait(timeout=90)
    assert callers.failed == []
    assert {each.version for each in callers.asked} == {good.number}
    assert [entry.state for entry in client.history("api").entries] == ["failed", "live", "failed"]
    assert "digest" in client.history("api").entries[-1].outcome
    assert client.version("risk@champion").number == good.number
    assert [body["release"] for body in bodies(client, "endpoint/api", "release.failed")] == [1, 3]


@pytest.mark.timeout(240)
def test_rollback_brings_back_the_serving_configuration_and_nothing_plans_it_away(tmp_path: Path) -> None:
    file = write_project(tmp_path, endpoint=f"rollout={FAST}")
    flagging = 'guardrails=[Guardrail.range("value", -1, 1)], '
    with living(file) as opened_before:
        first, second = fitted(opened_before, {}, {"C": 0.2})
        opened_before.promote(first).wait(timeout=60)

        write_project(tmp_path, endpoint=f"{flagging}rollout={FAST}")
        client = connect(file)
        client.up()
        settle(opened_before)  # whoever was there before `up` releases what is declared now
        settle(client)
        entries = client.history("api").entries
        assert [(entry.versions, entry.state) for entry in entries] == [((1,), "superseded"), ((1,), "live")]
        outside = [{"value": 3.0, "ward": "w01"}]
        assert client.predict("api", outside).outputs[0]["flags"]

        client.rollback("api", reason="flags confuse the wards").wait(timeout=60)
        assert not client.predict("api", outside).outputs[0].get("flags")
        before = len(client.ledger.stream("endpoint/api").events())
        settle(client)
        settle(opened_before)
        assert len(client.ledger.stream("endpoint/api").events()) == before
        assert [entry.state for entry in client.history("api").entries] == ["superseded", "rolled_back", "live"]
        with pytest.raises(TransitionError, match="restored release 1, and nothing before that is left"):
            client.rollback("api", reason="again")

        client.promote(second).wait(timeout=60)
        assert client.predict("api", outside).outputs[0]["flags"], "a new release has the declared guardrails"
        client.rollback("api", reason="and back").wait(timeout=60)
        answer = client.predict("api", outside)
        assert (answer.version, answer.outputs[0].get("flags")) == (1, None)
        assert client.version("risk@champion").number == 1
        assert client.history("api").entries[-1].reason == "and back"
