"""From a finished run to a registered version: digests verified, files copied under their digest, lineage recorded."""

from __future__ import annotations

import difflib
import json
from typing import Any

from modelwright.canonical import check_schema, digest
from modelwright.errors import IntegrityError, NotFoundError, TrainingFailedError, UsageError
from modelwright.ledger.event import Draft, Event
from modelwright.lifecycle.appending import append_model
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.states import ModelState, VersionState, fold_model
from modelwright.lifecycle.training import find_run, run_result
from modelwright.store import Store

_NEWEST = 5


def model_state(platform: LivePlatform, model: str) -> ModelState:
    """Return what the ledger knows of a model."""
    platform.record.model(model)
    return fold_model(platform.model(model).events())


def find_version(platform: LivePlatform, reference: str) -> VersionState:
    """Return the version of `delay:3` or `delay@champion`. Raises `NotFoundError`."""
    alias = "@" in reference
    model, _, which = reference.partition("@" if alias else ":")
    state = model_state(platform, model)
    if not which:
        raise UsageError(f"{reference} says which model, and not which version", remedy=_choice(model, state))
    if alias:
        number = state.aliases.get(which)
        if number is None:
            raise NotFoundError(f"{reference} has no version", remedy=_choice(model, state, which))
        return state.versions[number]
    if not which.isdecimal() or int(which) not in state.versions:
        raise NotFoundError(f"model {model} has no version {which!r}", remedy=_choice(model, state))
    return state.versions[int(which)]


def _choice(model: str, state: ModelState, alias: str = "") -> str:
    """Return the references that can be meant: a near alias, else all aliases and the newest versions."""
    if not state.versions:
        return f"{model} has no versions yet: train one"
    near = difflib.get_close_matches(alias, state.aliases, n=1) if alias else []
    if near:
        return f"did you mean {model}@{near[0]}?"
    known = [f"{model}:{number}" for number in sorted(state.versions)[-_NEWEST:]]
    return f"one of: {', '.join([*(f'{model}@{name}' for name in sorted(state.aliases)), *known])}"


def register(platform: LivePlatform, run: str, *, model: str | None = None) -> VersionState:
    """Register the model of a succeeded run; the same bytes again are the same version.

    Raises `TrainingFailedError` when the run has no model and `IntegrityError` when a file is not what its digest says.
    """
    state = find_run(platform, run)
    name = model or platform.record.model_of(state.job)
    if name is None:
        raise NotFoundError(f"no declared model is trained by {state.job}", remedy="name the model")
    if state.state != "succeeded" or state.model is None:
        raise TrainingFailedError(f"run {run} is {state.state} and has no model", remedy=f"modelwright runs show {run}")
    manifest = adopt_files(platform, f"runs/{run}/model", state.model)
    result = run_result(platform, run) or {}
    body = _body(manifest, result, state.model, run, state.metrics)
    event = platform.model(name).decide(lambda events: _draft(events, body))
    number = int(event.body["version"]) if event else 0
    append_model(platform, name, "version.verified", {"version": number}, key=f"version/{number}/verified")
    return model_state(platform, name).versions[number]


def _draft(events: tuple[Event, ...], body: dict[str, Any]) -> Draft | None:
    versions = fold_model(events).versions
    number = max(versions, default=0) + 1
    return Draft("version.registered", {"version": number, **body}, key=f"register/{body['digest']}")


def _body(manifest: dict[str, Any], result: dict[str, Any], model: str, run: str, metrics: Any) -> dict[str, Any]:
    return {
        "digest": model,
        "run": run,
        "metrics": dict(metrics),
        "format": manifest["format"],
        "profile": manifest.get("profile"),
        "training_data": {name: data["digest"] for name, data in manifest.get("training_data", {}).items()},
        "feature_use": manifest.get("feature_use", []),
        "libraries": manifest.get("libraries", {}),
        "commit": result.get("commit"),
        "dirty": result.get("dirty"),
    }


def adopt_files(platform: LivePlatform, source: str, model: str, *, to: Store | None = None) -> dict[str, Any]:
    """Copy a model folder to `models/<hex>/` of a store, verifying every digest on the way; return its manifest."""
    target, store = f"models/{model.removeprefix('sha256:')}", to or platform.store
    data = _verified(platform, f"{source}/manifest.json", model)
    manifest: dict[str, Any] = json.loads(data)
    check_schema(manifest, "model", 1)
    for file in manifest["files"]:
        content = _verified(platform, f"{source}/{file['path']}", file["sha256"])
        store.create(f"{target}/{file['path']}", content)
    profile = manifest.get("profile")
    if profile is not None:
        content = _verified(platform, _profile_key(source, profile), profile)
        store.create(f"profiles/{profile.removeprefix('sha256:')}.json.gz", content)
    store.create(f"{target}/manifest.json", data)
    return manifest


def _profile_key(source: str, profile: str) -> str:
    """Return where a profile lies: in a run's folder at first, then with all profiles."""
    if source.startswith("models/"):
        return f"profiles/{profile.removeprefix('sha256:')}.json.gz"
    return f"{source}/profile.json.gz"


def _verified(platform: LivePlatform, key: str, expected: str) -> bytes:
    data = platform.store.get(key)
    if data is None:
        raise IntegrityError(f"{key} is missing")
    wanted = expected if expected.startswith("sha256:") else f"sha256:{expected}"
    found = digest(data)
    if found != wanted:
        raise IntegrityError(f"{key} has digest {found}, not {wanted}", remedy="train again: the files were changed")
    return data


def model_uri(platform: LivePlatform, version: VersionState) -> str:
    """Return the address of a version's folder."""
    return f"{platform.store.uri}/models/{version.digest.removeprefix('sha256:')}"
