"""From the rows that were sent to every result: shuffled arrival, late labels, a release in the middle of a window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.monitoring.sent import DAY, MONDAY, WEEK, capture, keep, release, row, spelled, spread, truth, watch

from modelwright.stats.profile import profile_columns
from modelwright.workload.monitor.state import Result

RELEASED = MONDAY + 2 * WEEK + 3 * DAY + timedelta(hours=5)
CLOSE_INPUTS, CLOSE_LABELS = timedelta(minutes=15), 3 * DAY
CHECKS: list[dict[str, Any]] = [
    {"kind": "drift", "method": "psi", "columns": ["distance", "carrier", "constant", "probability"], "threshold": 0.2},
    {"kind": "performance", "metric": "auc", "minimum": 0.6, "labels_within": 3 * 86_400.0, "min_matched": 0.5},
]


def reference(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = 4_000
    return pd.DataFrame(
        {
            "distance": np.where(
                random.random(size) < 0.05, np.nan, random.gamma(2.0, 400.0 + 80 * seed, size).round()
            ),
            "carrier": random.choice(["AA", "UA", "DL"], size, p=[0.5, 0.3, 0.2]),
            "constant": np.ones(size),
            "probability": random.beta(2, 3, size),
        }
    )


def flights() -> pd.DataFrame:
    random = np.random.default_rng(7)
    at = sorted(spread(6_000, MONDAY, 4 * WEEK, seed=3))
    size = len(at)
    score = random.beta(2, 3, size)
    late = random.random(size) < 0.3
    return pd.DataFrame(
        {
            "id": np.arange(size),
            "at": at,
            "received": [t + timedelta(hours=float(h)) for t, h in zip(at, random.exponential(3.0, size), strict=True)],
            "version": [1 if t < RELEASED else 2 for t in at],
            "distance": np.where(random.random(size) < 0.08, np.nan, random.gamma(2.2, 450.0, size).round()),
            "carrier": random.choice(["AA", "UA", "DL", "ZZ"], size, p=[0.45, 0.3, 0.2, 0.05]),
            "constant": np.ones(size),
            "probability": score,
            "label": (random.random(size) < score).astype(int),
            "told": [t + (timedelta(days=20) if slow else timedelta(days=1)) for t, slow in zip(at, late, strict=True)],
        }
    )


def send(root: Path, frame: pd.DataFrame) -> None:
    """Write captures and truth in a random order of arrival, some rows twice."""
    lines = [
        row(
            r["at"],
            received=r["received"],
            version=r["version"],
            release=r["version"],
            variant=f"v{r['version']}-r{r['version']}",
            keys={"id": r["id"]},
            inputs={
                "distance": None if np.isnan(r["distance"]) else r["distance"],
                "carrier": r["carrier"],
                "constant": int(r["constant"]),
            },
            output={"prediction": int(r["probability"] > 0.5), "probability": r["probability"]},
        )
        for r in frame.to_dict("records")
    ]
    order = np.random.default_rng(1).permutation(len(lines))
    shuffled = [lines[index] for index in order]
    for part in range(4):
        capture(root, shuffled[part::4], server=f"server{part}")
    capture(root, shuffled[:50], server="again")
    mixed = frame.sample(frac=1, random_state=2).to_dict("records")
    told = [({"id": r["id"]}, r["label"], r["told"]) for r in mixed]
    wrong = [(keys, 1 - label, received - timedelta(hours=1)) for keys, label, received in told[:500]]
    truth(root, [*told, *wrong])


def psi(first: pd.Series[Any], second: pd.Series[Any]) -> float:
    """PSI by the definition in `stats/drift.py`: deciles or categories, nulls a bin of their own."""
    if first.dtype.kind == "f" and first.min() < first.max():
        edges = np.unique(np.quantile(first.dropna(), np.linspace(0.1, 0.9, 9)))
        first, second = (s.map(lambda v: v if np.isnan(v) else np.searchsorted(edges, v)) for s in (first, second))
    first, second = first.fillna(-1).astype(str), second.fillna(-1).astype(str)
    known = set(first)
    second = second.where(second.isin(known), "other")
    total = 0.0
    for name in known | set(second):
        p, q = (first == name).mean(), (second == name).mean()
        p, q = max(p, 1e-4), max(q, 1e-4)
        total += (p - q) * np.log(p / q)
    return total


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, list[dict[str, Any]]]:
    root, frame = tmp_path_factory.mktemp("control"), flights()
    send(root, frame)
    digests = [
        keep(root, profile_columns({str(name): values.to_numpy() for name, values in reference(n).items()}))
        for n in (1, 2)
    ]
    return root, frame, [release(1, MONDAY, digests[0]), release(2, RELEASED, digests[1])]


@pytest.fixture(scope="module")
def results(sent: tuple[Path, pd.DataFrame, list[dict[str, Any]]]) -> tuple[Result, ...]:
    root, _, releases = sent
    return watch(root, MONDAY + 5 * WEEK, CHECKS, releases=releases)


def test_every_window_and_version_has_one_result_per_check(results: tuple[Result, ...]) -> None:
    found = {(r.window[0], r.version, r.check_id) for r in results}
    ids = {"drift-psi.distance", "drift-psi.carrier", "drift-psi.constant", "drift-psi.probability", "auc"}
    windows = [(0, 1), (1, 1), (2, 1), (2, 2), (3, 2)]
    assert found == {(MONDAY + number * WEEK, version, check) for number, version in windows for check in ids}
    assert len(found) == len(results)


def test_psi_is_that_of_the_rows_that_had_arrived(
    sent: tuple[Path, pd.DataFrame, list[dict[str, Any]]], results: tuple[Result, ...]
) -> None:
    _, frame, releases = sent
    for result in (r for r in results if r.check_id.startswith("drift")):
        start, end = result.window
        own = frame[(frame["at"] >= start) & (frame["at"] < end) & (frame["version"] == result.version)]
        own = own[own["received"] <= end + CLOSE_INPUTS]
        column = result.check["column"]
        expected = psi(reference(result.version)[column], own[column])
        assert result.value == pytest.approx(expected, abs=1e-9)
        assert result.rows == len(own)
        assert result.status == ("violated" if expected > 0.2 else "ok")
        assert result.reference == releases[result.version - 1]["profile"]
        assert result.interval is not None
        assert result.interval[0] <= expected <= result.interval[1]


def test_auc_is_that_of_the_labels_that_had_arrived(
    sent: tuple[Path, pd.DataFrame, list[dict[str, Any]]], results: tuple[Result, ...]
) -> None:
    _, frame, _ = sent
    for result in (r for r in results if r.check_id == "auc"):
        start, end = result.window
        own = frame[(frame["at"] >= start) & (frame["at"] < end) & (frame["version"] == result.version)]
        own = own[own["received"] <= end + CLOSE_LABELS]
        known = own[own["told"] <= end + CLOSE_LABELS]
        expected = roc_auc_score(known["label"], known["probability"])
        assert result.value == pytest.approx(expected, abs=1e-9)
        assert result.matched == pytest.approx(len(known) / len(own), abs=1e-12)
        assert 0.55 < (result.matched or 0) < 0.9
        assert result.status == ("violated" if expected < 0.6 else "ok")
        assert result.interval is not None
        assert result.interval[0] < expected < result.interval[1]


def test_late_labels_make_a_revision_that_is_shown(
    sent: tuple[Path, pd.DataFrame, list[dict[str, Any]]], results: tuple[Result, ...]
) -> None:
    _, frame, _ = sent
    now = MONDAY + 5 * WEEK
    first = next(r for r in results if r.check_id == "auc" and r.window[0] == MONDAY)
    assert first.revision == 0
    assert first.revised is not None
    assert first.revised.revision == 1
    own = frame[(frame["at"] < MONDAY + WEEK) & (frame["told"] <= now)]
    assert first.revised.value == pytest.approx(roc_auc_score(own["label"], own["probability"]), abs=1e-9)
    assert first.revised.matched == pytest.approx(1.0)


def test_running_twice_changes_nothing(
    sent: tuple[Path, pd.DataFrame, list[dict[str, Any]]], results: tuple[Result, ...]
) -> None:
    root, _, releases = sent
    before = {path: path.read_bytes() for path in root.rglob("results/**/*.json")}
    assert watch(root, MONDAY + 5 * WEEK, CHECKS, releases=releases) == results
    assert {path: path.read_bytes() for path in root.rglob("results/**/*.json")} == before


def test_a_monitor_that_ran_every_day_found_the_same(
    sent: tuple[Path, pd.DataFrame, list[dict[str, Any]]], results: tuple[Result, ...], tmp_path: Path
) -> None:
    root, _, releases = sent
    for name in ("capture", "truth", "profiles"):
        (tmp_path / name).symlink_to(root / name)
    for day in range(36):
        daily = watch(tmp_path, MONDAY + day * DAY, CHECKS, releases=releases)
    counted = {(r.window, r.version, r.check_id): (r.status, r.value, r.rows, r.matched) for r in results}
    assert {(r.window, r.version, r.check_id): (r.status, r.value, r.rows, r.matched) for r in daily} == counted


def test_keys_and_documents_have_the_contract_form(results: tuple[Result, ...]) -> None:
    result = next(r for r in results if r.check_id == "drift-psi.distance")
    assert result.key == "results/watch/20130304T000000Z/1/drift-psi.distance.0.json"
    assert result.check == {"kind": "drift", "method": "psi", "column": "distance", "threshold": 0.2}
    assert result.window == (MONDAY, MONDAY + WEEK)
    assert spelled(result.window[1]) == "2013-03-11T00:00:00.000000Z"
