"""Planning a release: what the declaration wants behind an endpoint, resolved to versions and to filled requests.

Each variant's filled request is kept as `releases/<endpoint>/<variant>.json`, so a rollback needs the ledger alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from modelwright.canonical import canonical, read_object
from modelwright.contract.driver import Filled
from modelwright.errors import IntegrityError, NotFoundError
from modelwright.ledger.event import Draft, Event
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import model_state, model_uri
from modelwright.lifecycle.release import EndpointState, ReleaseState, fold_endpoint
from modelwright.lifecycle.states import VersionState
from modelwright.store import place

_LOST_VARIANT = "restore it from a copy, or promote the version again: a new release writes its own"


def resolve(platform: LivePlatform, reference: str) -> VersionState | None:
    """Return the version a late-bound reference points at now, or None."""
    alias = "@" in reference
    model, _, which = reference.partition("@" if alias else ":")
    state = model_state(platform, model)
    number = state.aliases.get(which) if alias else int(which)
    return state.versions.get(number) if number is not None else None


def wanted_by(platform: LivePlatform, endpoint: str) -> dict[str, Any] | None:
    """Return what the declaration wants: targets by reference and the configuration's digest; None before that."""
    document = platform.record.resource("endpoint", endpoint)
    if awaited(platform, endpoint):
        return None
    targets = {reference: resolve(platform, reference) for reference in platform.record.serves(endpoint)}
    digests = {reference: version.digest for reference, version in targets.items() if version}
    numbers = {reference: version.number for reference, version in targets.items() if version}
    moves = {reference: _last_move(platform, reference) for reference in targets}
    return {"targets": numbers, "digests": digests, "config": document["config"], "moves": moves}


def _last_move(platform: LivePlatform, reference: str) -> int:
    """Return the sequence number of the event that last moved an alias: promoting again after a failure is new."""
    model, at, alias = reference.partition("@")
    events = platform.model(model).events() if at else ()
    return max((e.seq for e in events if e.kind == "alias.set" and e.body["name"] == alias), default=0)


def _same(wanted: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(wanted[part] == other[part] for part in ("targets", "digests", "config"))


def satisfied(state: EndpointState, wanted: Mapping[str, Any]) -> bool:
    """Return whether what is wanted serves already, was tried last and failed, or was retired as it is."""
    current, latest = state.current, state.latest
    if state.retired is not None and state.retired.get("moves") == wanted["moves"]:
        return True
    if current is not None and _same(wanted, current.wanted):
        return True
    return latest is not None and dict(latest.wanted) == dict(wanted)


def awaited(platform: LivePlatform, endpoint: str) -> str:
    """Return the sentence that says which reference has no version yet, or nothing."""
    served = [reference for reference in platform.record.serves(endpoint) if resolve(platform, reference) is None]
    if served:
        return f"awaiting first release: {served[0]} has no version"
    missing = [reference for reference in fallbacks(platform, endpoint) if resolve(platform, reference) is None]
    return f"awaiting {missing[0]}, which a guardrail falls back to and which has no version" if missing else ""


def verb_to_release(platform: LivePlatform, endpoint: str) -> str:
    """Return the command that puts a first version behind an endpoint."""
    reference = next(iter(platform.record.serves(endpoint)))
    model = reference.partition("@")[0].partition(":")[0]
    training, versions = platform.record.model(model).get("training"), model_state(platform, model).versions
    if versions or not training:
        return f"modelwright model promote {model}:{max(versions, default=1)}"
    return f"modelwright train {training} --promote"


def fallbacks(platform: LivePlatform, endpoint: str) -> list[str]:
    """Return the references that an endpoint's guardrails fall back to."""
    guardrails = platform.record.resource("endpoint", endpoint).get("guardrails", [])
    return sorted({guardrail["to"] for guardrail in guardrails if guardrail.get("to")})


def plan_release(platform: LivePlatform, endpoint: str, reason: str) -> Event | None:
    """Append the plan of the release that the declaration wants, unless it is there already."""
    wanted = wanted_by(platform, endpoint)
    if wanted is None:
        return None
    document = platform.record.resource("endpoint", endpoint)
    serves = platform.record.serves(endpoint)

    def decide(events: tuple[Event, ...]) -> Draft | None:
        state = fold_endpoint(events)
        latest = state.latest
        if state.moving is not None or satisfied(state, wanted):
            return None
        number = (latest.number if latest else 0) + 1
        body = _plan(wanted, serves, document["rollout"], number, state.live)
        return Draft(
            "release.planned", body, key=f"release/{number}/planned", reason=reason, cause=_causes(platform, wanted)
        )

    event = platform.endpoint(endpoint).decide(decide)
    if event is not None:
        write_variants(platform, endpoint, event.body)
    return event


def _plan(
    wanted: Mapping[str, Any], serves: Mapping[str, int], rollout: Mapping[str, Any], number: int, live: int | None
) -> dict[str, Any]:
    versions: dict[str, int] = {}
    weights: dict[str, int] = {}
    for reference, version in wanted["targets"].items():
        variant = f"v{version}-r{number}"
        versions[variant] = version
        weights[variant] = weights.get(variant, 0) + serves[reference]
    return {
        "release": number,
        "versions": versions,
        "weights": weights,
        "wanted": dict(wanted),
        "models": {f"v{version}-r{number}": reference for reference, version in wanted["targets"].items()},
        "rollout": rollout,
        "replaces": live,
        "restores": None,
    }


def _causes(platform: LivePlatform, wanted: Mapping[str, Any]) -> tuple[str, ...]:
    models = {reference.partition("@")[0].partition(":")[0] for reference in wanted["targets"]}
    return tuple(f"model/{model}#{len(platform.model(model).events())}" for model in sorted(models))


def plan_restoration(platform: LivePlatform, endpoint: str, restores: ReleaseState, reason: str) -> Event | None:
    """Append the plan of a release with the versions and serving configuration of an earlier one.

    It counts as what the declaration wants now, so that nothing plans it away until the declaration or an alias moves.
    """
    wanted = wanted_by(platform, endpoint) or dict(restores.wanted)
    for part in ("targets", "digests"):
        aliased = {r: value for r, value in restores.wanted[part].items() if "@" in r and r in wanted[part]}
        wanted[part] = {**wanted[part], **aliased}

    def decide(events: tuple[Event, ...]) -> Draft | None:
        state = fold_endpoint(events)
        latest = state.latest
        if state.moving is not None or latest is None:
            return None
        number = latest.number + 1
        body = {**_restoration(state, restores, number), "wanted": wanted}
        return Draft("release.planned", body, key=f"release/{number}/planned", reason=reason)

    event = platform.endpoint(endpoint).decide(decide)
    if event is not None:
        copy_variants(platform, endpoint, restores, event.body)
    return event


def _restoration(state: EndpointState, restores: ReleaseState, number: int) -> dict[str, Any]:
    renamed = {variant: f"v{version}-r{number}" for variant, version in restores.versions.items()}
    return {
        "release": number,
        "versions": {renamed[variant]: version for variant, version in restores.versions.items()},
        "weights": {renamed[variant]: weight for variant, weight in restores.weights.items()},
        "models": {},
        "rollout": {"kind": "all_at_once"},
        "replaces": state.live,
        "restores": restores.number,
    }


def write_variants(platform: LivePlatform, endpoint: str, plan: Mapping[str, Any]) -> None:
    """Write the filled serve request of each variant of a plan, once."""
    for variant, reference in plan["models"].items():
        model = reference.partition("@")[0].partition(":")[0]
        version = model_state(platform, model).versions[plan["versions"][variant]]
        write_variant(platform, endpoint, variant, version, plan["release"])


def write_variant(platform: LivePlatform, endpoint: str, variant: str, version: VersionState, release: int) -> None:
    """Write the filled serve request of one variant, once."""
    slots = {
        "model_uri": model_uri(platform, version),
        "version": version.number,
        "variant": variant,
        "release": release,
        "fallback": _fallbacks(platform, endpoint),
    }
    filled = platform.record.filled(f"{endpoint}/serve", slots)
    document = {"schema": "modelwright.variant/1", "request": asdict(filled), "model": version.model,
                "digest": version.digest, "profile": version.body.get("profile")}  # fmt: skip
    platform.store.create(f"releases/{endpoint}/{variant}.json", canonical(document))


def _fallbacks(platform: LivePlatform, endpoint: str) -> dict[str, Any]:
    """Return the model folder of each version that a guardrail falls back to."""
    found = {reference: resolve(platform, reference) for reference in fallbacks(platform, endpoint)}
    missing = [reference for reference, version in found.items() if version is None]
    if missing:
        raise NotFoundError(f"a guardrail of {endpoint} falls back to {missing[0]}, which has no version")
    return {reference: {"model": model_uri(platform, version)} for reference, version in found.items() if version}


def copy_variants(platform: LivePlatform, endpoint: str, source: ReleaseState, plan: Mapping[str, Any]) -> None:
    """Write the variants of a restoration from those of the release it restores."""
    for variant, version in source.versions.items():
        document = read_variant(platform, endpoint, variant)
        new = f"v{version}-r{plan['release']}"
        body = document["request"]["body"]
        body["config"] = {**body["config"], "variant": new, "release": plan["release"]}
        platform.store.create(f"releases/{endpoint}/{new}.json", canonical(document))


def read_variant(platform: LivePlatform, endpoint: str, variant: str) -> dict[str, Any]:
    """Return the document of a variant. Raises `IntegrityError` when it is not there."""
    key = f"releases/{endpoint}/{variant}.json"
    where = place(platform.store, key)
    data = platform.store.get(key)
    if data is None:
        raise IntegrityError(f"{where} is missing", remedy=_LOST_VARIANT)
    return read_object(data, where=where, needs=("request", "digest"), remedy=_LOST_VARIANT)


def variant_request(platform: LivePlatform, endpoint: str, variant: str) -> Filled:
    """Return the filled serve request of a variant."""
    request = read_variant(platform, endpoint, variant)["request"]
    return Filled(request["name"], request["purpose"], request["operation"], request["body"])


def ensure_variants(platform: LivePlatform, endpoint: str, release: ReleaseState) -> None:
    """Write what a killed planner left unwritten: the variants of a planned release."""
    missing = [v for v in release.versions if platform.store.get(f"releases/{endpoint}/{v}.json") is None]
    if not missing:
        return
    planned = next(
        event
        for event in platform.endpoint(endpoint).events()
        if event.kind == "release.planned" and event.body["release"] == release.number
    )
    if release.restores is None:
        write_variants(platform, endpoint, planned.body)
    else:
        state = fold_endpoint(platform.endpoint(endpoint).events())
        copy_variants(platform, endpoint, state.releases[release.restores], planned.body)
