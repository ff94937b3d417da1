"""Identities and schedules, as every platform is asked for them."""

from __future__ import annotations

from tests.compiler.flights import flights

from modelwright import DataStore, Endpoint
from modelwright.contract.duty import Grant, duties
from modelwright.contract.schedule import Schedule, schedules


def grants() -> dict[str, set[Grant]]:
    return {duty.name: set(duty.grants) for duty in duties(flights().for_environment("dev"))}


def test_each_duty_has_what_its_row_says_and_no_more() -> None:
    found = grants()
    assert found["trainer/train-delay"] == {
        Grant("read", "flights", "lake"),
        Grant("read", "features/carrier", "features"),
        Grant("create", "runs/"),
    }
    assert found["server/delay-api"] == {
        Grant("read", "models/"),
        Grant("read", "", "features"),
        Grant("create", "capture/delay-api/"),
    }
    assert found["monitor/delay-watch"] == {
        Grant("read", "capture/delay-api/"),
        Grant("read", "truth/delay-api/"),
        Grant("read", "profiles/"),
        Grant("read", "models/"),
        Grant("read", "results/delay-watch/"),
        Grant("create", "results/delay-watch/"),
    }
    assert found["labeller"] == {Grant("create", "truth/delay-api/")}
    assert found["approver"] == {Grant("read", ""), Grant("create", "ledger/v1/approval/")}


def test_only_the_operator_may_release() -> None:
    writers = {
        name
        for name, rights in grants().items()
        if any(grant.right != "read" and grant.prefix.startswith("ledger/v1/endpoint") for grant in rights)
    }
    assert writers == {"operator"}


def test_views_monitors_and_batch_endpoints_have_schedules() -> None:
    rows = DataStore("rows")
    batch = Endpoint(
        "scores",
        mode="batch",
        serves="delay@champion",
        source=rows / "in",
        to=rows / "out",
        schedule="0 3 1 * *",
        timezone="Europe/Berlin",
    )
    assert list(schedules(flights(rows, batch).for_environment("dev"))) == [
        Schedule("features", "0 * * * *", "UTC", "features.carrier/materialise", "carrier"),
        Schedule("scores", "0 3 1 * *", "Europe/Berlin", "scores/batch"),
        Schedule("delay-watch", "0 * * * *", "UTC", "delay-watch/monitor"),
    ]
