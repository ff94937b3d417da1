"""Handles on versions and promotions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelwright.canonical import timestamp
from modelwright.client.html import definition_list
from modelwright.client.waiting import Progress, wait_until
from modelwright.errors import ApprovalRequiredError, GateError, ProviderError, RaceLostError
from modelwright.ledger.event import Event
from modelwright.lifecycle.gates import decide_gate, named_gates
from modelwright.lifecycle.planning import awaited, satisfied, wanted_by
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import EndpointState, ReleaseState, fold_endpoint
from modelwright.lifecycle.states import PromotionState, VersionState


@dataclass(frozen=True)
class Version:
    """A registered version of a model."""

    platform: LivePlatform
    model: str
    number: int

    @property
    def state(self) -> VersionState:
        """What the ledger knows of the version."""
        return model_state(self.platform, self.model).versions[self.number]

    @property
    def status(self) -> str:
        """`registered`, `verified`, `approved`, `rejected` or `archived`."""
        return self.state.state

    @property
    def digest(self) -> str:
        """The digest of the version's manifest, which names every file's digest."""
        return self.state.digest

    @property
    def metrics(self) -> Mapping[str, float]:
        """The metrics its run logged."""
        metrics: Mapping[str, float] = self.state.body.get("metrics", {})
        return metrics

    @property
    def aliases(self) -> tuple[str, ...]:
        """The aliases that point at the version now."""
        return tuple(a for a, n in model_state(self.platform, self.model).aliases.items() if n == self.number)

    def to_dict(self) -> dict[str, Any]:
        """Return the version as JSON."""
        state = self.state
        return {
            "model": self.model,
            "version": self.number,
            "state": state.state,
            "aliases": list(self.aliases),
            "digest": state.digest,
            "run": state.run,
            "registered": timestamp(state.registered),
            "by": state.by,
            "metrics": dict(self.metrics),
            "format": state.body.get("format"),
            "training_data": state.body.get("training_data"),
            "libraries": state.body.get("libraries"),
            "imported": state.body.get("imported"),
        }

    def _repr_html_(self) -> str:
        return definition_list(f"{self.model}:{self.number}", self.to_dict())


@dataclass(frozen=True)
class Promotion:
    """A version on its way to an alias and behind the endpoints that serve the alias."""

    platform: LivePlatform
    model: str
    id: str

    @property
    def state(self) -> PromotionState:
        """What the ledger knows of the promotion."""
        return model_state(self.platform, self.model).promotions[self.id]

    @property
    def gates(self) -> Mapping[str, Mapping[str, Any]]:
        """The gates decided so far, by name, with their evidence."""
        return self.state.gates

    def releases(self) -> dict[str, ReleaseState | None]:
        """Return, for each endpoint that serves the alias, the release this promotion led to, once planned."""
        return {endpoint: _release_of(state, self.state) for endpoint, state in self._endpoints().items()}

    def _endpoints(self) -> dict[str, EndpointState]:
        reference = f"{self.model}@{self.state.alias}"
        served = {
            n: d
            for n, d in self.platform.record.of_kind("endpoint").items()
            if reference in self.platform.record.serves(n)
        }
        return {name: fold_endpoint(self.platform.endpoint(name).events()) for name in served}

    def over(self) -> bool:
        """Return whether gates are decided and every release it led to has reached an end."""
        state = self.state
        if state.state != "finished":
            return state.state == "failed"
        if self._overtaken() is not None:
            return True
        return all(
            _settled(endpoint, state, wanted_by(self.platform, name)) or awaited(self.platform, name)
            for name, endpoint in self._endpoints().items()
        )

    def _overtaken(self) -> Event | None:
        """Return who moved the alias on before an endpoint began to release this version, if somebody did."""
        state = self.state
        if all(_release_of(endpoint, state) is not None for endpoint in self._endpoints().values()):
            return None
        events = self.platform.model(self.model).events()
        moves = [event for event in events if event.kind == "alias.set" and event.body["name"] == state.alias]
        return moves[-1] if moves and moves[-1].body["version"] != state.version else None

    def wait(
        self, *, timeout: float | None = None, on_progress: Progress | None = None, for_approval: bool = False
    ) -> Promotion:
        """Wait until the version serves; return the promotion.

        Raises `GateError` with the gate's evidence, `ApprovalRequiredError` when only a person can go on (unless
        `for_approval`), `RaceLostError`, `ProviderError` when the rollout went back, or `DeadlineError`.
        """

        def over() -> bool:
            if not for_approval:
                self._raise_if_waiting_for_a_person()
            return self.over()

        wait_until(self.platform, over, what=f"promotion {self.id}", timeout=timeout, on_progress=on_progress)
        self._raise_failure()
        return self

    def _raise_if_waiting_for_a_person(self) -> None:
        state = self.state
        if state.state != "open" or state.override is not None:
            return
        gates = named_gates(self.platform.record.gates(self.model))
        name = next((name for name in gates if name not in state.gates), None)
        if name is None or gates[name]["kind"] != "approval":
            return
        outcome = decide_gate(self.platform, state, gates[name])
        if outcome.verdict == "waiting":
            raise ApprovalRequiredError(
                f"{self.model}:{state.version}: {outcome.text}",
                remedy=f"modelwright model approve {self.model}:{state.version} --role {gates[name]['role']}",
            )

    def _raise_failure(self) -> None:
        state = self.state
        if state.state == "failed":
            failed = [gate for gate in state.gates.values() if not gate["passed"]]
            if failed:
                raise GateError(
                    f"{self.model}:{state.version} did not pass: {state.reason}",
                    remedy=f"modelwright model show {self.model}:{state.version}",
                )
            error = RaceLostError if "was moved to version" in state.reason else ProviderError
            raise error(f"{self.model}:{state.version} was not promoted: {state.reason}")
        moved = self._overtaken()
        if moved is not None:
            raise RaceLostError(
                f"{self.model}:{state.version} was {state.alias} and never served: {moved.actor.id} moved it to "
                f"version {moved.body['version']} at {timestamp(moved.at)}",
                where=moved.reference,
                remedy=f"promote it again, or look at `modelwright model history {self.model}`",
            )
        for endpoint, release in self.releases().items():
            if release is not None and release.state in {"failed", "rolled_back"}:
                raise ProviderError(
                    f"release {release.number} of {endpoint} went back: {release.outcome}",
                    remedy=f"modelwright endpoint status {endpoint}",
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the promotion as JSON."""
        state = self.state
        return {
            "promotion": state.id,
            "model": state.model,
            "version": state.version,
            "alias": state.alias,
            "state": state.state,
            "reason": state.reason,
            "override": state.override,
            "gates": {name: dict(gate) for name, gate in state.gates.items()},
            "releases": {e: {"release": r.number, "state": r.state} for e, r in self.releases().items() if r},
        }

    def _repr_html_(self) -> str:
        return definition_list(f"Promotion {self.id}", self.to_dict())


def _release_of(state: EndpointState, promotion: PromotionState) -> ReleaseState | None:
    reference = f"{promotion.model}@{promotion.alias}"
    led = [
        release
        for release in state.releases.values()
        if release.restores is None
        and release.wanted["targets"].get(reference) == promotion.version
        and release.wanted.get("moves", {}).get(reference, 0) > promotion.seq
    ]
    return led[0] if led else None


def _settled(state: EndpointState, promotion: PromotionState, wanted: Mapping[str, Any] | None) -> bool:
    release = _release_of(state, promotion)
    if release is None:
        # The alias was there already; a changed serving configuration still makes a new release of the version.
        if state.moving is not None or (wanted is not None and not satisfied(state, wanted)):
            return False
        current = state.current
        reference = f"{promotion.model}@{promotion.alias}"
        return current is not None and current.wanted["targets"].get(reference) == promotion.version
    return not release.moving
