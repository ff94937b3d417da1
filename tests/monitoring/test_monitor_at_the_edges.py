"""What must give `insufficient` or the right number, and never a crash or a false alarm."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from tests.monitoring.sent import DAY, MONDAY, WEEK, capture, keep, release, row, spread, truth, watch

from modelwright.errors import UsageError
from modelwright.stats.profile import profile_columns
from modelwright.stats.thresholds import replay
from modelwright.store import DirectoryStore
from modelwright.workload.model_folder import save_model
from modelwright.workload.monitor.state import Result, latest_results
from modelwright.workload.truth import write_truth

PSI = {"kind": "drift", "method": "psi", "columns": ["x"], "threshold": 0.2}
AUC = {"kind": "performance", "metric": "auc", "minimum": 0.6, "labels_within": 2 * 86_400.0, "min_matched": 0.5}
QUALITY = {"kind": "quality", "nulls": 0.0, "new_categories": "warn", "out_of_range": 1.0, "columns": None}
CLOSED = MONDAY + WEEK + timedelta(minutes=15)


def table(count: int = 2_000, seed: int = 0) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(seed)
    return {"x": random.normal(size=count), "carrier": random.choice(["AA", "UA"], count).astype(object)}


def send(root: Path, inputs: dict[str, list[Any]], *, server: str = "s", **changes: Any) -> None:
    count = len(next(iter(inputs.values())))
    moments = spread(count, MONDAY, WEEK)
    each = [dict(zip(inputs, values, strict=True)) for values in zip(*inputs.values(), strict=True)]
    lines = [
        row(at, keys={"id": n}, inputs=values, **changes)
        for n, (at, values) in enumerate(zip(moments, each, strict=True))
    ]
    capture(root, lines, server=server)


def listed(columns: dict[str, NDArray[Any]]) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in columns.items()}


def reference(root: Path, columns: dict[str, NDArray[Any]] | None = None) -> list[dict[str, Any]]:
    return [release(1, MONDAY, keep(root, profile_columns(columns or table())))]


def one(results: tuple[Result, ...], check: str) -> Result:
    (found,) = [result for result in results if result.check_id == check]
    return found


def test_nothing_closes_before_its_time(tmp_path: Path) -> None:
    send(tmp_path, listed(table(500, 1)))
    releases = reference(tmp_path)
    before = CLOSED - timedelta(microseconds=1)
    assert watch(tmp_path, before, [PSI, AUC], releases=releases) == ()
    assert [r.check_id for r in watch(tmp_path, CLOSED, [PSI, AUC], releases=releases)] == ["drift-psi.x"]
    later = watch(tmp_path, MONDAY + WEEK + 2 * DAY, [PSI, AUC], releases=releases)
    assert {r.check_id for r in later} == {"drift-psi.x", "auc"}


def test_a_window_without_rows_is_insufficient(tmp_path: Path) -> None:
    results = watch(tmp_path, MONDAY + 2 * WEEK, [PSI, AUC, QUALITY], releases=reference(tmp_path))
    assert {(r.check_id, r.status, r.message) for r in results} == {
        (check, "insufficient", "the window has no rows") for check in ("drift-psi.x", "auc", "quality")
    }
    assert {r.version for r in results} == {1}


def test_without_any_release_there_is_nothing_to_watch(tmp_path: Path) -> None:
    assert watch(tmp_path, MONDAY + 2 * WEEK, [PSI], releases=[]) == ()


def test_fewer_rows_than_asked_for_say_nothing(tmp_path: Path) -> None:
    send(tmp_path, listed(table(99, 1)))
    results = watch(tmp_path, CLOSED, [PSI, QUALITY], releases=reference(tmp_path), min_rows=100)
    assert {(r.status, r.message, r.rows) for r in results} == {("insufficient", "99 rows, 100 are asked for", 99)}


def test_a_version_without_reference_is_insufficient(tmp_path: Path) -> None:
    send(tmp_path, listed(table(200, 1)))
    results = watch(tmp_path, CLOSED, [PSI, {**PSI, "columns": None}, QUALITY])
    assert {(r.status, r.message) for r in results} == {("insufficient", "the version has no reference profile")}


def test_a_reference_that_is_gone_is_an_error_of_the_check(tmp_path: Path) -> None:
    send(tmp_path, listed(table(200, 1)))
    gone = [release(1, MONDAY, "sha256:" + "0" * 64)]
    (result,) = watch(tmp_path, CLOSED, [PSI], releases=gone)
    assert (result.status, "is gone" in result.message) == ("error", True)


def test_constant_and_all_null_columns_raise_no_false_alarm(tmp_path: Path) -> None:
    usual = {"x": np.ones(500), "empty": np.full(500, np.nan), "word": np.full(500, None, dtype=object)}
    send(tmp_path, {"x": [1.0] * 300, "empty": [None] * 300, "word": [None] * 300})
    methods = [
        {"kind": "drift", "method": m, "columns": None, "threshold": 0.2} for m in ("psi", "ks", "js", "wasserstein")
    ]
    results = watch(tmp_path, CLOSED, [*methods, QUALITY], releases=reference(tmp_path, usual))
    assert len(results) == 13
    assert {r.status for r in results} <= {"ok", "insufficient"}
    assert all(r.value in {0.0, None} for r in results)


def test_a_column_that_becomes_null_is_drift_and_a_fault(tmp_path: Path) -> None:
    send(tmp_path, {"x": [None] * 300, "carrier": ["AA"] * 150 + ["UA"] * 150})
    results = watch(tmp_path, CLOSED, [PSI, QUALITY], releases=reference(tmp_path))
    assert one(results, "drift-psi.x").status == "violated"
    quality = one(results, "quality")
    assert (quality.status, quality.value) == ("violated", 1.0)
    assert quality.message == "x: 300 of 300 are null"


def test_nulls_as_frequent_as_in_the_reference_are_no_fault(tmp_path: Path) -> None:
    def gaps(count: int, seed: int) -> dict[str, NDArray[Any]]:
        random = np.random.default_rng(seed)
        return {"x": np.where(random.random(count) < 0.1, np.nan, random.normal(size=count))}

    sent = [None if np.isnan(value) else value for value in gaps(1_000, 5)["x"].tolist()]
    assert sum(value is None for value in sent) > 100
    send(tmp_path, {"x": sent})
    (result,) = watch(tmp_path, CLOSED, [QUALITY], releases=reference(tmp_path, gaps(4_000, 0)))
    assert result.status == "ok"


@pytest.mark.parametrize(("mode", "status"), [("ignore", "ok"), ("warn", "ok"), ("fail", "violated")])
def test_new_categories_are_ignored_told_or_faults(tmp_path: Path, mode: str, status: str) -> None:
    send(tmp_path, {"x": table(200)["x"].tolist(), "carrier": ["AA"] * 199 + ["ZZ"]})
    (result,) = watch(tmp_path, CLOSED, [{**QUALITY, "new_categories": mode}], releases=reference(tmp_path))
    assert result.status == status
    assert len(result.detail["warnings"]) == (mode == "warn")


def test_values_of_another_type_are_a_fault(tmp_path: Path) -> None:
    send(tmp_path, {"x": ["much"] * 3 + table(200)["x"].tolist()[:197], "carrier": ["AA"] * 200})
    (result,) = watch(tmp_path, CLOSED, [QUALITY], releases=reference(tmp_path))
    assert "3 of 200 are not numeric" in result.message


def test_an_automatic_threshold_is_the_quantile_of_the_references_own_weeks(tmp_path: Path) -> None:
    columns = table(5_000)
    times = MONDAY.timestamp() + np.sort(np.random.default_rng(2).random(5_000)) * 70 * 86_400
    weeks = replay(profile_columns(columns), columns, times, 7 * 86_400.0)
    profile = profile_columns(columns).with_replay(weeks)
    send(tmp_path, listed(table(500, 1)))
    releases = [release(1, MONDAY, keep(tmp_path, profile))]
    checks = [
        {**PSI, "threshold": "auto"},
        {**PSI, "threshold": 0.001, "name": "strict"},
        {**PSI, "threshold": "auto", "least": 0.25, "name": "what-matters"},
    ]
    results = watch(tmp_path, CLOSED, checks, releases=releases)
    bounded = one(results, "what-matters.x")
    assert (bounded.check["threshold"], bounded.detail["basis"], bounded.status) == (0.25, "windows", "ok")
    auto, strict = one(results, "drift-psi.x"), one(results, "strict.x")
    values = weeks.statistics["x"]["psi"]
    assert auto.check["threshold"] == pytest.approx(np.quantile(values, 0.95))
    assert auto.detail["false_alarms"] == pytest.approx(np.mean([v > auto.check["threshold"] for v in values]))
    assert (auto.detail["basis"], auto.detail["windows"]) == ("windows", len(values))
    assert strict.detail["false_alarms"] == 1.0


def test_a_reference_without_times_has_a_rule_of_thumb(tmp_path: Path) -> None:
    send(tmp_path, listed(table(500, 1)))
    (result,) = watch(tmp_path, CLOSED, [{**PSI, "threshold": "auto"}], releases=reference(tmp_path))
    assert (result.check["threshold"], result.detail["basis"], result.detail["false_alarms"]) == (0.2, "default", None)


def scored(root: Path, count: int = 400, **changes: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(0)
    score = random.random(count)
    label = (random.random(count) < score).astype(int)
    lines = [
        row(at, keys={"id": n}, output={"prediction": int(p > 0.5), "probability": p}, **changes)
        for n, (at, p) in enumerate(zip(spread(count, MONDAY, WEEK), score.tolist(), strict=True))
    ]
    capture(root, lines)
    return score, label


def test_labels_that_never_came_are_insufficient(tmp_path: Path) -> None:
    scored(tmp_path)
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [AUC])
    assert (result.status, result.matched, result.message) == ("insufficient", 0.0, "no prediction has a label yet")


def test_too_few_labels_are_insufficient_and_say_how_many(tmp_path: Path) -> None:
    _, label = scored(tmp_path)
    truth(tmp_path, [({"id": n}, int(label[n]), MONDAY + WEEK) for n in range(100)])
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [AUC])
    assert (result.status, result.matched) == ("insufficient", 0.25)
    assert result.message == "25.0% of the predictions have a label, 50% are asked for"


def test_one_class_only_is_insufficient(tmp_path: Path) -> None:
    scored(tmp_path)
    truth(tmp_path, [({"id": n}, 1, MONDAY + WEEK) for n in range(400)])
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [AUC])
    assert result.status == "insufficient"


def test_a_label_that_is_null_is_none(tmp_path: Path) -> None:
    _, label = scored(tmp_path)
    truth(tmp_path, [({"id": n}, None if n < 300 else int(label[n]), MONDAY + WEEK) for n in range(400)])
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [AUC])
    assert result.matched == 0.25


def test_the_last_received_truth_counts(tmp_path: Path) -> None:
    _, label = scored(tmp_path)
    store = DirectoryStore(tmp_path)
    rows, wrong = ([{"keys": {"id": n}, "label": abs(flip - int(label[n]))} for n in range(400)] for flip in (0, 1))
    write_truth(store, "api", wrong, MONDAY + WEEK)
    write_truth(store, "api", rows, MONDAY + WEEK + DAY)
    accuracy = {**AUC, "metric": "accuracy"}
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [accuracy])
    expected = np.mean((scored(tmp_path)[0] > 0.5) == label)
    assert result.value == pytest.approx(expected)
    write_truth(store, "api", wrong, MONDAY + 2 * WEEK)
    (again,) = watch(tmp_path, MONDAY + 2 * WEEK, [accuracy])
    assert again.value == result.value
    assert again.revised is not None
    assert again.revised.value == pytest.approx(1 - expected)


def test_repeating_write_truth_adds_nothing(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    rows = [{"keys": {"id": 1}, "label": 1}]
    assert write_truth(store, "api", rows, MONDAY) == write_truth(store, "api", rows, MONDAY)
    assert len(store.keys("truth/")) == 1
    assert write_truth(store, "api", [], MONDAY) is None


def test_torn_truth_and_keys_that_are_lists_do_no_harm(tmp_path: Path) -> None:
    _, label = scored(tmp_path)
    odd = [row(MONDAY, keys={"id": [1, {"a": 2}]}, output={"prediction": 1, "probability": 0.7})]
    capture(tmp_path, odd, server="odd")
    truth(tmp_path, [({"id": n}, int(label[n]), MONDAY + WEEK) for n in range(400)])
    truth(tmp_path, [({"id": [1, {"a": 2}]}, 1, MONDAY + WEEK)])
    (tmp_path / "truth/api/dt=2013-03-11/torn.jsonl.gz").write_bytes(b"\x1f\x8b torn")
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [AUC])
    assert (result.status, result.matched, result.rows) == ("ok", 1.0, 401)


def test_a_late_row_makes_a_revision_that_does_not_count(tmp_path: Path) -> None:
    send(tmp_path, listed(table(300, 1)))
    releases = reference(tmp_path)
    watch(tmp_path, CLOSED, [PSI], releases=releases)
    send(tmp_path, {"x": [9.0] * 300, "carrier": ["AA"] * 300}, server="late", received=MONDAY + WEEK + DAY)
    (result,) = watch(tmp_path, MONDAY + WEEK + 2 * DAY, [PSI], releases=releases)
    assert (result.status, result.rows, result.revision) == ("ok", 300, 0)
    assert result.revised is not None
    assert (result.revised.status, result.revised.rows, result.revised.revision) == ("violated", 600, 1)
    (same,) = watch(tmp_path, MONDAY + WEEK + 3 * DAY, [PSI], releases=releases)
    assert same == result


def test_mirrored_rows_do_not_speak_for_the_version_that_serves(tmp_path: Path) -> None:
    send(tmp_path, listed(table(300, 1)))
    send(tmp_path, {"x": [9.0] * 200, "carrier": ["AA"] * 200}, server="mirror", version=2, mirror=True)
    send(tmp_path, {"x": [9.0] * 200, "carrier": ["AA"] * 200}, server="own", version=1, mirror=True)
    releases = [*reference(tmp_path), release(2, MONDAY, keep(tmp_path, profile_columns(table())))]
    (result,) = watch(tmp_path, CLOSED, [PSI], releases=releases)
    assert (result.version, result.rows, result.status, result.shadow) == (1, 300, "ok", False)
    shadows = list(watch(tmp_path, CLOSED, [PSI], releases=releases, shadow=True, monitor="shadows"))
    assert shadows == [result]
    found = latest_results(DirectoryStore(tmp_path), "shadows")
    assert {(r.version, r.shadow, r.rows, r.status) for r in found} == {
        (1, False, 300, "ok"),
        (1, True, 200, "violated"),
        (2, True, 200, "violated"),
    }


def test_a_torn_capture_object_does_not_blind_the_monitor(tmp_path: Path) -> None:
    send(tmp_path, listed(table(300, 1)))
    (tmp_path / "capture/api/dt=2013-03-05/hh=01/torn-1.jsonl.gz").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "capture/api/dt=2013-03-05/hh=01/torn-1.jsonl.gz").write_bytes(b"\x1f\x8b torn")
    (result,) = watch(tmp_path, CLOSED, [PSI], releases=reference(tmp_path))
    assert (result.status, result.rows) == ("ok", 300)


def test_a_run_killed_between_two_columns_is_finished_by_the_next(tmp_path: Path) -> None:
    send(tmp_path, listed(table(300, 1)))
    both = {**PSI, "columns": ["x", "carrier"]}
    releases = reference(tmp_path)
    results = watch(tmp_path, CLOSED, [both], releases=releases)
    written = tmp_path / one(results, "drift-psi.x").key
    before = written.read_bytes()
    written.unlink()
    assert watch(tmp_path, CLOSED + DAY, [both], releases=releases) != ()
    document = json.loads(written.read_bytes())
    assert document | {"at": ""} == json.loads(before) | {"at": ""}


def test_bias_compares_groups_among_inputs_and_truth(tmp_path: Path) -> None:
    group = ["AA", "UA"] * 200
    lines = [
        row(at, keys={"id": n}, inputs={"carrier": name}, output={"prediction": int(name == "AA" or n % 4 == 1)})
        for n, (at, name) in enumerate(zip(spread(400, MONDAY, WEEK), group, strict=True))
    ]
    capture(tmp_path, lines)
    store = DirectoryStore(tmp_path)
    rows = [{"keys": {"id": n}, "label": 1, "attributes": {"region": group[n]}} for n in range(400)]
    write_truth(store, "api", rows, MONDAY + WEEK)
    by_input = {
        "kind": "bias",
        "group": "carrier",
        "metric": "demographic_parity",
        "threshold": 0.1,
        "labels_within": 86_400.0,
    }
    by_truth = {**by_input, "group": "region", "metric": "equal_opportunity"}
    absent = {**by_input, "group": "sex"}
    results = watch(tmp_path, MONDAY + 2 * WEEK, [by_input, by_truth, absent])
    assert one(results, "bias-carrier").value == pytest.approx(0.5)
    assert one(results, "bias-carrier").status == "violated"
    assert one(results, "bias-region").value == pytest.approx(0.5)
    assert one(results, "bias-sex").status == "insufficient"


@pytest.fixture
def model(tmp_path: Path) -> str:
    random = np.random.default_rng(0)
    columns = {"x": random.normal(size=800), "y": random.normal(size=800)}
    label = columns["x"] + 0.2 * columns["y"] > 0
    fitted = LogisticRegression().fit(np.column_stack(list(columns.values())), label)
    save_model(tmp_path / "model", fitted, sample={n: v[:5] for n, v in columns.items()}, reference=columns)
    return (tmp_path / "model").as_uri()


@pytest.mark.parametrize(("scale", "status"), [(1.0, "ok"), (50.0, "violated")])
def test_attribution_tells_when_the_model_leans_on_another_column(
    tmp_path: Path, model: str, scale: float, status: str
) -> None:
    manifest = json.loads((tmp_path / "model/manifest.json").read_bytes())
    random = np.random.default_rng(1)
    send(tmp_path, {"x": random.normal(size=400).tolist(), "y": (scale * random.normal(size=400)).tolist()})
    releases = [release(1, MONDAY, manifest["profile"], model=model)]
    (result,) = watch(tmp_path, CLOSED, [{"kind": "attribution", "threshold": 0.3}], releases=releases)
    assert result.status == status, result.message
    assert result.detail["reference"]["x"] > result.detail["reference"]["y"]


def test_a_model_that_cannot_be_loaded_is_an_error_and_the_other_checks_still_count(tmp_path: Path, model: str) -> None:
    manifest = json.loads((tmp_path / "model/manifest.json").read_bytes())
    keep(tmp_path, profile_columns(table()))
    profile = (tmp_path / "model/profile.json.gz").read_bytes()
    (tmp_path / f"profiles/{manifest['profile'].removeprefix('sha256:')}.json.gz").write_bytes(profile)
    (tmp_path / "model/stray").write_text("x")
    send(tmp_path, {"x": [0.1] * 200, "y": [0.2] * 200})
    releases = [release(1, MONDAY, manifest["profile"], model=model)]
    results = watch(tmp_path, CLOSED, [{"kind": "attribution", "threshold": 0.3}, PSI], releases=releases)
    assert one(results, "attribution").status == "error"
    assert one(results, "drift-psi.x").status == "violated"


def test_an_unknown_kind_of_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'drfit' is no kind of check.*\n.*did you mean 'drift'"):
        watch(tmp_path, CLOSED, [{"kind": "drfit"}])


def test_an_unknown_metric_is_an_error_of_its_check(tmp_path: Path) -> None:
    _, label = scored(tmp_path)
    truth(tmp_path, [({"id": n}, int(label[n]), MONDAY + WEEK) for n in range(400)])
    (result,) = watch(tmp_path, MONDAY + 2 * WEEK, [{**AUC, "metric": "auk"}])
    assert (result.status, "'auk' is no metric" in result.message) == ("error", True)
