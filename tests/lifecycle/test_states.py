"""Streams fold into states, and refuse steps that the lifecycle does not allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelwright.clock import ReplayClock
from modelwright.errors import TransitionError
from modelwright.ledger.stream import Ledger, Stream
from modelwright.lifecycle.release import fold_endpoint
from modelwright.lifecycle.states import fold_model, fold_training
from modelwright.store import DirectoryStore


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    clock = ReplayClock(tmp_path / "clock", datetime(2013, 3, 1, tzinfo=UTC))
    return Ledger(DirectoryStore(tmp_path / "control"), clock=clock)


def write(stream: Stream, *events: tuple[str, Mapping[str, Any]]) -> None:
    for kind, body in events:
        stream.append(kind, body, key=f"{kind}/{len(stream.events())}")


QUEUED = ("run.queued", {"run": "fit-1", "hyperparameters": {"depth": 3}, "origin": "person"})


def test_a_run_goes_from_queued_to_succeeded(ledger: Ledger) -> None:
    stream = ledger.stream("training/fit")
    finished = {"run": "fit-1", "status": "succeeded", "metrics": {"auc": 0.7}, "model": "sha256:ab"}
    write(stream, QUEUED, ("run.started", {"run": "fit-1"}), ("run.finished", finished))
    run = fold_training(stream.events()).runs["fit-1"]
    assert (run.state, run.metrics, run.model, run.hyperparameters) == (
        "succeeded",
        {"auc": 0.7},
        "sha256:ab",
        {"depth": 3},
    )


def test_a_run_that_has_ended_cannot_start_again(ledger: Ledger) -> None:
    stream = ledger.stream("training/fit")
    failed = ("run.finished", {"run": "fit-1", "status": "failed"})
    write(stream, QUEUED, ("run.started", {"run": "fit-1"}), failed, ("run.started", {"run": "fit-1"}))
    with pytest.raises(TransitionError, match="fit-1 cannot go from failed to running"):
        fold_training(stream.events())


def registered(number: int) -> tuple[str, dict[str, Any]]:
    return "version.registered", {"version": number, "digest": f"sha256:{number}", "run": f"fit-{number}"}


def test_a_rejected_version_cannot_be_approved(ledger: Ledger) -> None:
    stream = ledger.stream("model/delay")
    steps = ("version.verified", "version.rejected", "version.approved")
    write(stream, registered(1), *((kind, {"version": 1}) for kind in steps))
    with pytest.raises(TransitionError, match="version 1 cannot go from rejected to approved"):
        fold_model(stream.events())


def test_an_alias_moves_only_from_where_it_was_expected(ledger: Ledger) -> None:
    stream = ledger.stream("model/delay")
    write(stream, registered(1), ("alias.set", {"name": "champion", "version": 1, "expected": None}))
    assert fold_model(stream.events()).aliases == {"champion": 1}
    write(stream, registered(2), ("alias.set", {"name": "champion", "version": 2, "expected": None}))
    with pytest.raises(TransitionError, match="champion was not at None"):
        fold_model(stream.events())


def planned(number: int, replaces: int | None, restores: int | None = None) -> tuple[str, dict[str, Any]]:
    variant = f"v{number}-r{number}"
    body = {
        "release": number,
        "versions": {variant: number},
        "weights": {variant: 100},
        "wanted": {"targets": {"delay@champion": number}},
        "rollout": {"kind": "all_at_once"},
        "replaces": replaces,
        "restores": restores,
    }
    return "release.planned", body


def rolled(number: int) -> list[tuple[str, dict[str, Any]]]:
    step = {"release": number, "step": "deploy", "deadline": 0.0, "owner": "me", "attempt": 1}
    done = {"release": number, "step": "deploy", "evidence": {}}
    return [("step.started", step), ("step.done", done), ("release.live", {"release": number})]


def test_a_new_live_release_supersedes_the_old_one(ledger: Ledger) -> None:
    stream = ledger.stream("endpoint/api")
    write(stream, planned(1, None), *rolled(1), planned(2, 1), *rolled(2))
    state = fold_endpoint(stream.events())
    assert state.live == 2
    assert [release.state for release in state.releases.values()] == ["superseded", "live"]


def test_a_release_that_restores_an_older_one_marks_the_one_between_as_rolled_back(ledger: Ledger) -> None:
    stream = ledger.stream("endpoint/api")
    back = ("rollback.started", {"release": 2, "to": 1})
    write(stream, planned(1, None), *rolled(1), planned(2, 1), *rolled(2), back)
    assert fold_endpoint(stream.events()).going_back is not None
    write(stream, planned(3, 2, restores=1), *rolled(3))
    state = fold_endpoint(stream.events())
    assert state.going_back is None
    assert [release.state for release in state.releases.values()] == ["superseded", "rolled_back", "live"]


def test_two_releases_cannot_be_under_way_at_once(ledger: Ledger) -> None:
    stream = ledger.stream("endpoint/api")
    write(stream, planned(1, None), *rolled(1), planned(2, 1), planned(3, 1))
    with pytest.raises(TransitionError, match="release 2 is still under way"):
        fold_endpoint(stream.events())


def test_a_superseded_release_cannot_become_live_again(ledger: Ledger) -> None:
    stream = ledger.stream("endpoint/api")
    write(stream, planned(1, None), *rolled(1), planned(2, 1), *rolled(2), ("release.live", {"release": 1}))
    with pytest.raises(TransitionError, match="release 1 cannot go from superseded to live"):
        fold_endpoint(stream.events())
