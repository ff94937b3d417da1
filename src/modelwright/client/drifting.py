"""Drift: what was applied and released, beside what is really there. Nothing is changed, and nothing is started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelwright.client.html import table
from modelwright.client.tables import frame
from modelwright.contract.drift import Difference, differences
from modelwright.contract.driver import Platform, ServingStatus
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.release import EndpointState, fold_endpoint
from modelwright.lifecycle.serving import verb_to_mend

if TYPE_CHECKING:
    from pandas import DataFrame

_OPERATE = "modelwright operate --once"


@dataclass(frozen=True, slots=True)
class Drift:
    """All differences of an environment; `unanswered` names the planes that the platform does not answer for."""

    differences: tuple[Difference, ...]
    unanswered: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the drift as JSON."""
        found = [difference.to_dict() for difference in self.differences]
        return {"differences": found, "unanswered": list(self.unanswered)}

    def to_pandas(self) -> DataFrame:
        """Return one row per difference."""
        return frame([difference.to_dict() for difference in self.differences])

    def _repr_html_(self) -> str:
        return table("Drift", [difference.to_dict() for difference in self.differences])


def drift(platform: LivePlatform | None, applier: Platform | None) -> Drift:
    """Return what is not as it was applied or released.

    `platform` is None while no record can be read; `applier` is None where an engine applies: its own refresh answers.
    """
    applied = differences(applier) if applier is not None else None
    served = tuple(_served(platform)) if platform is not None else ()
    unanswered = ("platform",) if applied is None else ()
    return Drift((*(applied or ()), *served), unanswered)


def _served(platform: LivePlatform) -> Iterator[Difference]:
    """Yield where what serves is not what the ledger decided; a release under way is no drift."""
    for name, document in platform.record.of_kind("endpoint").items():
        state = fold_endpoint(platform.endpoint(name).events())
        if document.get("mode") != "batch" and state.moving is None:
            mend = verb_to_mend(platform, name, state)
            yield from _behind(name, state, platform.driver.serving.status(name), mend)


def _behind(name: str, state: EndpointState, seen: ServingStatus, mend: str) -> Iterator[Difference]:
    traffic = state.traffic
    weights = {variant: weight for variant, weight in traffic.weights.items() if weight} if traffic else {}
    mirror = {variant: share for variant, share in traffic.mirror.items() if share} if traffic else {}
    there = {deployment.name: deployment for deployment in seen.deployments if deployment.state != "gone"}
    for variant in sorted({*weights, *mirror}):
        found = there.get(variant)
        if found is None:
            yield Difference(name, variant, "deleted", "it serves", "no server of it runs", _OPERATE)
        elif found.state == "failed":
            why = found.reason.partition("\n")[0]
            yield Difference(name, variant, "changed", "it serves", f"it cannot serve: {why}", mend)
    for variant in sorted(set(there) - {*weights, *mirror}):
        yield Difference(name, variant, "changed", "it does not serve", "a server of it runs", _OPERATE)
    if weights and not seen.url:
        yield Difference(name, "router", "deleted", "it answers", "it does not run", _OPERATE)
    elif dict(seen.weights) != weights or dict(seen.mirror) != mirror:
        now = _shares(seen.weights, seen.mirror)
        yield Difference(name, "traffic", "changed", _shares(weights, mirror), now, _OPERATE)


def _shares(weights: Mapping[str, int], mirror: Mapping[str, float]) -> str:
    shares = [f"{variant} {weight} %" for variant, weight in weights.items()]
    mirrored = [f"{variant} mirrored {share:.0%}" for variant, share in mirror.items()]
    return ", ".join([*shares, *mirrored]) or "nothing"
