"""Guardrails, features and event times, by the service that every route ends in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from tests.serving.serving_kit import captured, serve_config, stored

from modelwright.clock import ReplayClock
from modelwright.errors import IntegrityError, UsageError
from modelwright.workload.online import FeatureRow, SqliteOnline
from modelwright.workload.serve.config import read_config
from modelwright.workload.serve.failure import RequestFailure
from modelwright.workload.serve.process import build
from modelwright.workload.serve.service import Context, Service

RNG = np.random.default_rng(11)
DISTANCE = RNG.uniform(0, 5000, size=400)
HUB = RNG.integers(0, 3, size=400).astype(float)
LATE = (DISTANCE / 5000 + RNG.normal(0, 0.2, size=400) > 0.5).astype(int)
MATRIX = np.column_stack([DISTANCE, HUB])
CLASSIFIER = LogisticRegression(max_iter=2000).fit(MATRIX, LATE)
ROW = {"distance": 4000.0, "hub": 1.0}


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("classifier")
    return stored(root, CLASSIFIER, sample=MATRIX[:3], reference=MATRIX, names=["distance", "hub"])


@pytest.fixture(scope="module")
def regressor(tmp_path_factory: pytest.TempPathFactory) -> str:
    gaps = MATRIX.copy()
    gaps[0, 0] = np.nan
    model = LinearRegression().fit(MATRIX, DISTANCE * 2)
    return stored(tmp_path_factory.mktemp("regressor"), model, sample=MATRIX[:3], names=["distance", "hub"])


@contextmanager
def service(model: str, *rules: dict[str, Any], **given: Any) -> Iterator[Service]:
    found = build(read_config(serve_config(model, guardrails=list(rules), **given)))
    try:
        yield found
    finally:
        found.close()


def answer(found: Service, *rows: Any, mirror: bool = False) -> list[dict[str, Any]]:
    context = Context("request-1", found.clock.now(), time.perf_counter(), mirror)
    return asyncio.run(found.answer(list(rows), context))


def own(**values: float) -> float:
    return float(CLASSIFIER.predict_proba([[{**ROW, **values}["distance"], {**ROW, **values}["hub"]]])[0, 1])


def test_a_flag_leaves_the_answer_as_it_is(classifier: str) -> None:
    rule = {"kind": "range", "column": "distance", "low": 0, "high": 6000, "action": "flag"}
    with service(classifier, rule) as found:
        inside, outside, edge = answer(found, ROW, {**ROW, "distance": 9000.0}, {**ROW, "distance": 6000})
    assert inside["flags"] == []
    assert edge["flags"] == []
    assert outside["flags"] == ["range:distance"]
    assert outside["probability"] == pytest.approx(own(distance=9000.0))


def test_an_override_answers_a_value_of_its_own(classifier: str) -> None:
    rule = {"kind": "range", "column": "distance", "low": 0, "high": 6000, "action": "override", "value": 1}
    with service(classifier, rule) as found:
        (row,) = answer(found, {**ROW, "distance": -1.0})
    assert row == {"prediction": 1, "flags": ["range:distance", "overridden"]}


def test_an_abstention_answers_nothing(classifier: str) -> None:
    with service(classifier, {"kind": "confidence", "below": 0.6, "action": "abstain"}) as found:
        unsure = min(np.linspace(0, 5000, 500), key=lambda d: abs(own(distance=float(d)) - 0.5))
        sure, abstained = answer(found, {**ROW, "distance": 5000.0}, {**ROW, "distance": float(unsure)})
    assert sure["prediction"] == 1
    assert abstained == {"prediction": None, "flags": ["confidence", "abstained"]}


def test_a_category_that_the_reference_lacks_is_noticed(classifier: str) -> None:
    rule = {"kind": "category", "column": "hub", "known": "reference", "action": "abstain"}
    with service(classifier, rule) as found:
        known, unknown = answer(found, ROW, {**ROW, "hub": 7.0})
    assert known["flags"] == []
    assert unknown["flags"] == ["category:hub", "abstained"]


def test_categories_may_be_listed(classifier: str) -> None:
    rule = {"kind": "category", "column": "hub", "known": [1, 2], "action": "flag"}
    with service(classifier, rule) as found:
        assert [row["flags"] for row in answer(found, ROW, {**ROW, "hub": 0.0})] == [[], ["category:hub"]]


def test_a_rejection_is_422_and_names_the_rule(classifier: str) -> None:
    rule = {"kind": "range", "column": "distance", "low": 0, "high": 6000, "action": "reject"}
    with service(classifier, rule) as found, pytest.raises(RequestFailure, match="range:distance") as raised:
        answer(found, ROW, {**ROW, "distance": 7000.0})
    assert raised.value.status == 422


def test_a_missing_column_may_be_answered_for(classifier: str) -> None:
    with service(classifier, {"kind": "missing", "column": "hub", "action": "override", "value": 0}) as found:
        (absent,) = answer(found, {"distance": 1.0})
        (null,) = answer(found, {"distance": 1.0, "hub": None})
    assert absent == null == {"prediction": 0, "flags": ["missing:hub", "overridden"]}


def test_a_missing_column_that_is_only_flagged_is_still_an_error(classifier: str) -> None:
    rule = {"kind": "missing", "column": "hub", "action": "flag"}
    with service(classifier, rule) as found, pytest.raises(RequestFailure) as raised:
        answer(found, {"distance": 1.0})
    assert raised.value.status == 400


def test_a_fallback_is_another_version_that_answers(classifier: str, regressor: str) -> None:
    rule = {"kind": "range", "column": "distance", "low": 0, "high": 6000, "action": "fallback", "to": "delay:3"}
    with service(classifier, rule, fallback={"delay:3": {"model": regressor}}) as found:
        kept, other = answer(found, ROW, {**ROW, "distance": 7000.0})
    assert kept["probability"] == pytest.approx(own())
    assert other["prediction"] == pytest.approx(14_000.0)
    assert other["flags"] == ["range:distance", "fallback:delay:3"]


def test_an_unsure_answer_may_fall_back_too(classifier: str, regressor: str) -> None:
    rule = {"kind": "confidence", "below": 1.1, "action": "fallback", "to": "delay:3"}
    with service(classifier, rule, fallback={"delay:3": {"model": regressor}}) as found:
        (row,) = answer(found, ROW)
    assert row["prediction"] == pytest.approx(8000.0)


def test_the_strictest_of_several_rules_wins_and_all_are_named(classifier: str) -> None:
    rules: list[dict[str, Any]] = [
        {"kind": "range", "column": "distance", "low": 0, "high": 6000, "action": "flag"},
        {"kind": "category", "column": "hub", "known": [1], "action": "abstain"},
        {"kind": "range", "column": "hub", "low": 0, "high": 1, "action": "override", "value": 1},
    ]
    with service(classifier, *rules) as found:
        (row,) = answer(found, {"distance": 9999.0, "hub": 2.0})
    assert row["prediction"] is None
    assert row["flags"] == ["range:distance", "category:hub", "range:hub", "abstained"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "range", "column": "distanse", "action": "flag"}, "no column"),
        ({"kind": "range", "column": "distance", "action": "explode"}, "explode"),
        ({"kind": "category", "column": "distance", "action": "flag"}, "no list of categories"),
        ({"kind": "range", "column": "distance", "action": "fallback"}, "falls back to nothing"),
        ({"kind": "range", "column": "distance", "action": "fallback", "to": "delay:9"}, "delay:9"),
    ],
)
def test_a_rule_that_cannot_hold_stops_the_server_at_its_start(
    classifier: str, rule: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        build(read_config(serve_config(classifier, guardrails=[rule])))


def test_confidence_of_a_regression_makes_no_sense(regressor: str) -> None:
    rule = {"kind": "confidence", "below": 0.5, "action": "flag"}
    with pytest.raises(UsageError, match="classifier"):
        build(read_config(serve_config(regressor, guardrails=[rule])))


# -- features --------------------------------------------------------------------------------------------------------

NOW = datetime(2013, 3, 4, 12, tzinfo=UTC)
VIEW = {
    "name": "hubs",
    "store": "features",
    "entity": ["airport"],
    "timestamp": "event_time",
    "created": "created_time",
    "ttl": 86_400.0,
    "features": {"hub": "float64"},
    "schema": "0a1b2c3d",
    "source": "",
    "online": True,
}
USE = {"view": "hubs", "schema": "0a1b2c3d", "entity": ["airport"], "columns": ["hub"]}


@pytest.fixture
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReplayClock:
    monkeypatch.setenv("MODELWRIGHT_CLOCK", str(tmp_path / "clock"))
    return ReplayClock(tmp_path / "clock", NOW)


@pytest.fixture
def featured(tmp_path: Path, replay: ReplayClock) -> dict[str, Any]:
    del replay
    gaps = MATRIX.copy()
    gaps[0, 1] = np.nan
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(max_iter=3).fit(gaps, DISTANCE)
    uri = stored(
        tmp_path / "models",
        model,
        sample=gaps[:3],
        names=["distance", "hub"],
        extra={"feature_use": [USE]},
    )
    online = SqliteOnline(tmp_path / "online.sqlite", [VIEW])
    online.write(
        "hubs",
        [
            FeatureRow({"airport": "JFK"}, NOW - timedelta(hours=2), {"hub": 2.0}),
            FeatureRow({"airport": "OLD"}, NOW - timedelta(days=3), {"hub": 1.0}),
        ],
    )
    online.close()
    return {
        "model": uri,
        "features": {"online": {"kind": "sqlite", "path": str(tmp_path / "online.sqlite")}, "views": [VIEW]},
        "capture": {"to": str(tmp_path / "control"), "fraction": 1.0},
        "estimator": model,
    }


def test_features_that_a_request_lacks_are_read_by_the_entitys_key(tmp_path: Path, featured: dict[str, Any]) -> None:
    model = featured.pop("estimator")
    rows = [
        {"distance": 1000.0, "airport": "JFK"},
        {"distance": 1000.0, "airport": "JFK", "hub": 0.0},
        {"distance": 1000.0, "airport": "NONE"},
        {"distance": 1000.0, "airport": "OLD"},
    ]
    with service(featured.pop("model"), **featured) as found:
        answers = answer(found, *rows)
    expected = model.predict(np.array([[1000.0, 2.0], [1000.0, 0.0], [1000.0, np.nan], [1000.0, np.nan]]))
    assert [row["prediction"] for row in answers] == pytest.approx(expected.tolist())
    kept = captured(tmp_path / "control")
    assert {row["inputs"]["hub"] for row in kept} == {2.0, 0.0, None}
    ages = [row.get("features_age_s") for row in kept if row["inputs"]["hub"] == 2.0]
    assert ages == [7200.0]


def test_without_a_key_the_column_is_missing_as_ever(featured: dict[str, Any], regressor: str) -> None:
    featured.pop("estimator")
    del regressor
    with service(featured.pop("model"), **featured) as found:
        (row,) = answer(found, {"distance": 1000.0, "hub": 1.0})
        assert row["prediction"] is not None
        with pytest.raises(RequestFailure, match="airprt"):
            answer(found, {"distance": 1000.0, "airprt": "JFK"})


def test_a_view_that_changed_since_training_stops_the_server(featured: dict[str, Any]) -> None:
    featured["features"]["views"] = [{**VIEW, "schema": "ffffffff"}]
    with pytest.raises(IntegrityError, match="0a1b2c3d"):
        build(read_config(serve_config(featured["model"], features=featured["features"])))


def test_a_model_with_features_needs_an_online_store(featured: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="online"):
        build(read_config(serve_config(featured["model"])))


# -- capture ---------------------------------------------------------------------------------------------------------


def test_rows_are_kept_under_their_event_time_where_it_is_near(
    tmp_path: Path, classifier: str, replay: ReplayClock
) -> None:
    del replay
    near, far = NOW - timedelta(hours=20), NOW - timedelta(days=3)
    config = {"capture": {"to": str(tmp_path / "control")}, "keys": ["flight"], "event_time": "scheduled"}
    with service(classifier, event_time_tolerance=86_400, **config) as found:
        answer(found, {**ROW, "flight": "near", "scheduled": near.isoformat()})
        answer(found, {**ROW, "flight": "far", "scheduled": far.isoformat()}, mirror=True)
        answer(found, {**ROW, "flight": "none"})
    rows = {row["keys"]["flight"]: row for row in captured(tmp_path / "control")}
    assert rows["near"]["at"] == "2013-03-03T16:00:00.000000Z"
    assert rows["far"]["at"] == rows["none"]["at"] == "2013-03-04T12:00:00.000000Z"
    assert rows["near"]["received"] == "2013-03-04T12:00:00.000000Z"
    assert rows["near"]["file"].startswith("capture/api/dt=2013-03-03/hh=16/v1-r1-")
    assert rows["none"]["file"].startswith("capture/api/dt=2013-03-04/hh=12/v1-r1-")
    assert "mirror" not in rows["near"]
    assert rows["far"]["mirror"] is True
    assert rows["near"]["inputs"] == ROW
    assert rows["near"]["output"]["probability"] == pytest.approx(own())
    assert rows["near"] | {"release": 1, "version": 1, "variant": "v1-r1", "flags": []} == rows["near"]
    assert rows["near"]["ms"] > 0


def test_a_fraction_is_kept_by_id_and_about_as_large_as_asked(tmp_path: Path, classifier: str) -> None:
    config = {"to": str(tmp_path / "control"), "fraction": 0.25}
    with service(classifier, capture=config) as found:
        assert found.capture is not None
        answer(found, *[ROW] * 4000)
    rows = captured(tmp_path / "control")
    assert 850 < len(rows) < 1150  # 4,000 draws of 0.25: six standard deviations either side
    assert all(int(row["id"][-8:], 16) / 2**32 < 0.25 for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_store_that_fails_fails_no_request_and_loses_nothing_once_it_is_back(tmp_path: Path, classifier: str) -> None:
    blocked = tmp_path / "control"
    blocked.write_text("a file where a folder should be")
    with service(classifier, capture={"to": str(blocked)}) as found:
        assert found.capture is not None
        assert len(answer(found, ROW, ROW)) == 2
        assert found.capture.flush() == 0
        assert found.capture.counts["failures"] == 1
        blocked.unlink()
        answer(found, ROW)
        assert found.capture.flush() == 3
    assert len(captured(blocked)) == 3
    assert blocked.is_dir()
