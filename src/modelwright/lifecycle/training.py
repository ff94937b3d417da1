"""Runs: queued in the ledger, started by the driver, observed until they end.

Every function may be called again after a kill at any moment: starting is idempotent by the run's name, and each event
carries a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.canonical import digest_of, read_document, timestamp
from modelwright.contract.driver import JobStatus
from modelwright.errors import ModelwrightError, NotFoundError, ProviderError, TransientError, did_you_mean
from modelwright.ledger.event import Draft, Event
from modelwright.lifecycle.appending import append_training
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.states import RunState, TrainingState, fold_training
from modelwright.store import open_store, place


def training_state(platform: LivePlatform, job: str) -> TrainingState:
    """Return what the ledger knows of a training job."""
    return fold_training(platform.training(job).events())


def find_run(platform: LivePlatform, run: str) -> RunState:
    """Return a run by name. Raises `NotFoundError` naming the nearest."""
    job = run.rpartition("-")[0]
    if job in platform.record.of_kind("training"):
        runs = training_state(platform, job).runs
        if run in runs:
            return runs[run]
    known = [name for name in platform.record.of_kind("training") for name in training_state(platform, name).runs]
    raise NotFoundError(f"there is no run {run!r}", remedy=did_you_mean(run, known))


def queue_run(
    platform: LivePlatform,
    job: str,
    *,
    hyperparameters: Mapping[str, Any] | None = None,
    origin: str = "person",
    key: str | None = None,
    cause: tuple[str, ...] = (),
    awaited: bool = False,
) -> str:
    """Queue and start a run; return its name. With a `key`, the run queued under it before is returned.

    A run that is `awaited` names the process that waits for it, so that another may go on when that one is killed.
    """
    asked = asked_for(platform, job, hyperparameters)

    def decide(events: tuple[Event, ...]) -> Draft | None:
        runs = fold_training(events).runs
        run = f"{job}-{len(runs) + 1}"
        body: dict[str, Any] = {
            "run": run,
            **asked,
            "origin": origin,
            **({"awaited": platform.owner} if awaited else {}),
        }
        return Draft("run.queued", body, key=key or f"{run}/queued/{platform.owner}", cause=cause)

    event = platform.training(job).decide(decide)
    run = str(event.body["run"]) if event else ""
    advance_run(platform, run)
    return run


def asked_for(platform: LivePlatform, job: str, hyperparameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what makes two runs the same wish: all hyperparameters and the data that is there now."""
    declared = platform.record.resource("training", job).get("hyperparameters", {})
    return {"hyperparameters": {**declared, **(hyperparameters or {})}, "data": data_digest(platform, job)}


def advance_run(platform: LivePlatform, run: str) -> Step | None:
    """Move a run at most one step, from what the platform says of it."""
    state = find_run(platform, run)
    stream = f"training/{state.job}"
    if state.over:
        return None
    if state.state == "queued":
        return _start(platform, state)
    status = platform.driver.jobs.status(run)
    if status.state in {"queued", "running"}:
        return Step(stream, f"run {run} is {status.state}", busy=True)
    ended = _finish(platform, state, status)
    return Step(stream, f"run {run} {ended}", busy=True, moved=True, failed=ended != "succeeded")


def _start(platform: LivePlatform, state: RunState) -> Step:
    """Start a queued run; one that cannot be started (a secret that is not set) has failed, and says why."""
    stream, slots = (
        f"training/{state.job}",
        {
            "run": state.run,
            "hyperparameters": dict(state.hyperparameters),
            "at": timestamp(state.queued),
        },
    )
    try:
        platform.driver.jobs.start(state.run, platform.record.filled(f"{state.job}/train", slots))
    except TransientError:
        raise
    except ModelwrightError as error:
        failure = {"type": type(error).__name__, "message": str(error)}
        _end(platform, state, {"status": "failed", "error": failure})
        return Step(stream, f"run {state.run} cannot be started: {error.message}", busy=True, moved=True, failed=True)
    append_training(platform, state.job, "run.started", {"run": state.run}, key=f"{state.run}/started")
    return Step(stream, f"started run {state.run}", busy=True, moved=True)


def _end(platform: LivePlatform, state: RunState, found: Mapping[str, Any]) -> None:
    body = {"run": state.run, "status": "failed", "metrics": {}, "model": None, "error": None, **found}
    append_training(platform, state.job, "run.finished", body, key=f"{state.run}/finished")


def _finish(platform: LivePlatform, state: RunState, status: JobStatus) -> str:
    """Append how a run ended; return the word for it."""
    result = run_result(platform, state.run)
    body: dict[str, Any] = {"status": status.state}
    if status.started and status.ended:
        body["seconds"] = (status.ended - status.started).total_seconds()
    if status.state == "succeeded" and result is not None and result["status"] == "succeeded":
        body |= {"metrics": result["metrics"], "model": result["model"]}
        body |= {"hyperparameters": result.get("hyperparameters", {}), "trials": len(result.get("trials") or [])}
    elif status.state == "succeeded":
        body |= {"status": "failed", "error": {"type": "NoResult", "message": "the job ended without a result"}}
    elif result is None or result["status"] != status.state:
        # The workload was stopped from outside: only the platform knows why (its time was up, say).
        body["error"] = {"type": "", "message": status.reason}
    else:
        body["error"] = result.get("error") or {"type": "", "message": status.reason}
    _end(platform, state, body)
    return str(body["status"])


def run_result(platform: LivePlatform, run: str) -> dict[str, Any] | None:
    """Return `runs/<run>/result.json`, or None before it exists."""
    key = f"runs/{run}/result.json"
    data = platform.store.get(key)
    if data is None:
        return None
    remedy = "restore it from a copy, or train again"
    return read_document(data, "run", 1, where=place(platform.store, key), needs=("status", "metrics"), remedy=remedy)


def cancel_run(platform: LivePlatform, run: str) -> None:
    """Stop a run and record that it was cancelled."""
    state = find_run(platform, run)
    if state.over:
        return
    platform.driver.jobs.cancel(run)
    _end(platform, state, {"status": "cancelled"})


def data_digest(platform: LivePlatform, job: str) -> str:
    """Return a digest of the listing of a job's inputs: it changes when a file comes, goes or changes size."""
    inputs = platform.record.resource("training", job).get("inputs", {})
    listing = {name: _listing(platform, reference) for name, reference in inputs.items()}
    return digest_of(listing)


def _listing(platform: LivePlatform, reference: str) -> list[list[Any]]:
    store_name, _, path = reference.partition("/")
    uri = str(platform.record.outputs[store_name]["uri"])
    try:
        return [[key, size] for key, size in open_store(uri).sizes(f"{path}/" if path else "")]
    except OSError as error:
        raise ProviderError(f"cannot list {reference}: {error}") from error
