"""Finding the run that a killed command was waiting for, so that the same command goes on with it, not with another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from modelwright.ledger.event import Event
from modelwright.lifecycle.planning import satisfied, wanted_by
from modelwright.lifecycle.platform import LivePlatform, is_gone
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import fold_endpoint
from modelwright.lifecycle.states import RunState
from modelwright.lifecycle.training import asked_for, training_state


def run_left_behind(
    platform: LivePlatform, job: str, hyperparameters: Mapping[str, Any] | None, *, promote: bool
) -> str | None:
    """Return the newest run that a command which is gone asked for just so and whose work is not over, if any.

    The work is over with the run; with `promote` when its version has been promoted and serves.
    """
    wanted = asked_for(platform, job, hyperparameters)
    runs = training_state(platform, job).runs
    for event in reversed(platform.training(job).events()):
        if event.kind == "run.queued" and _is_left_behind(event, wanted):
            run = runs[event.body["run"]]
            unfinished = not run.over or (promote and run.state == "succeeded" and not _promoted(platform, run))
            return run.run if unfinished else None
    return None


def _is_left_behind(event: Event, wanted: Mapping[str, Any]) -> bool:
    same = all(event.body.get(name) == value for name, value in wanted.items())
    return same and is_gone(event.body.get("awaited") or "")


def _promoted(platform: LivePlatform, run: RunState) -> bool:
    """Return whether the run's version was promoted to an end, and no endpoint is on its way to it."""
    model = platform.record.model_of(run.job)
    state = model_state(platform, model) if model is not None else None
    if model is None or state is None:
        return True
    versions = {v.number for v in state.versions.values() if v.run == run.run or v.digest == run.model}
    ends = [promotion.state for promotion in state.promotions.values() if promotion.version in versions]
    return bool(ends) and "open" not in ends and not _under_way(platform, model, versions)


def _under_way(platform: LivePlatform, model: str, versions: set[int]) -> bool:
    """Return whether an endpoint is on its way to one of these versions, or has still to begin."""
    for name in platform.record.of_kind("endpoint"):
        state, wanted = fold_endpoint(platform.endpoint(name).events()), wanted_by(platform, name)
        moving = state.moving.wanted if state.moving is not None else None
        planned = wanted if wanted is not None and not satisfied(state, wanted) else None
        if any(_targets(each, model) & versions for each in (moving, planned)):
            return True
    return False


def _targets(wanted: Mapping[str, Any] | None, model: str) -> set[int]:
    targets = wanted["targets"] if wanted is not None else {}
    return {number for reference, number in targets.items() if re.split("[@:]", reference)[0] == model}
