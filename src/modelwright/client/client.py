"""The client: one object with a method per verb, each handing over to the module that does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from modelwright.client import (
    batches,
    copying,
    drifting,
    endpoints,
    evaluating,
    features,
    monitors,
    operating,
    statusing,
    steering,
)
from modelwright.client.batches import Scores
from modelwright.client.endpoints import Prediction
from modelwright.client.history import History, history
from modelwright.client.listing import Listing
from modelwright.client.models import Promotion, Version
from modelwright.client.renaming import refuse_orphans
from modelwright.client.training import Run, Runs
from modelwright.clock import Clock
from modelwright.contract.drift import differences
from modelwright.contract.driver import Progress
from modelwright.errors import NotAppliedError, UsageError
from modelwright.ledger.heads import write_heads
from modelwright.ledger.stream import Ledger
from modelwright.lifecycle import promotion, registration, serving
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.reconcile import tick
from modelwright.lifecycle.resuming import run_left_behind
from modelwright.lifecycle.training import queue_run

if TYPE_CHECKING:
    from modelwright.assembly.assembly import Assembly
    from modelwright.assembly.changes import Change
    from modelwright.client.connect import Workplace
    from modelwright.contract.driver import Platform


@dataclass(frozen=True)
class Client:
    """One environment of one project. Made by `connect`."""

    workplace: Workplace
    clock: Clock

    @property
    def project(self) -> str:
        """The project's name."""
        return self.workplace.project.name

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self.workplace.environment

    # What was declared

    @cached_property
    def assembly(self) -> Assembly:
        """The compiled form of the project for this environment."""
        return self.workplace.compile()

    def plan(self) -> Listing[Change]:
        """Return what `up` would change."""
        return Listing("Changes", self.workplace.applier().plan(self._appliable()))

    def up(self, *, progress: Progress | None = None, allow_data_loss: Iterable[str] = ()) -> Mapping[str, Any]:
        """Apply the project; return the platform record. The heads of all streams are written down."""
        applied = self.workplace.applier().apply(
            self._appliable(), allow_data_loss=frozenset(allow_data_loss), progress=progress or _silent
        )
        write_heads(self.workplace.store(), self.clock)
        return applied

    def _appliable(self) -> Assembly:
        refuse_orphans(self.assembly, self.workplace.store())
        return self.assembly

    def destroy(self, *, progress: Progress | None = None, allow_data_loss: Iterable[str] = ()) -> None:
        """Remove what `up` and the releases made."""
        self.workplace.applier().destroy(allow_data_loss=frozenset(allow_data_loss), progress=progress or _silent)
        self.__dict__.pop("_live", None)

    # What lives

    @property
    def platform(self) -> LivePlatform:
        """The applied environment, as it was applied last. Raises `NotAppliedError` before the first `up`."""
        return self._live.refresh()

    @cached_property
    def _live(self) -> LivePlatform:
        return self.workplace.platform(self.clock)

    @property
    def record(self) -> Mapping[str, Any]:
        """The platform record."""
        return self.platform.record.document

    @property
    def ledger(self) -> Ledger:
        """The ledger of the environment."""
        return self.platform.ledger

    def status(self) -> statusing.Status:
        """Return the state of everything declared."""
        return statusing.status(self.platform, self.workplace.state)

    def _repr_html_(self) -> str:
        return statusing.shown(self)

    def outputs(self) -> dict[str, dict[str, Any]]:
        """Return what each resource offers: addresses, paths, names."""
        return statusing.outputs(self.platform)

    def drift(self) -> drifting.Drift:
        """Return what was deleted or changed behind the platform's back, and what serves otherwise than decided."""
        return drifting.drift(*self._looked_at())

    def _looked_at(self) -> tuple[LivePlatform | None, Platform | None]:
        applier = self.workplace.adapter.open_platform(self.workplace.place)
        try:
            return self.platform, applier
        except NotAppliedError:
            if applier is None or not differences(applier):
                raise
            return None, applier  # the record is gone, and what was applied is known

    def tick(self, *, schedules: bool = True) -> Listing[Step]:
        """Move everything at most one step; return what was done and what is waited for."""
        return Listing("Steps", tick(self.platform, schedules=schedules))

    def operate(self, stop: operating.Stop, *, on_step: Any = None, interval: float = 1.0) -> None:
        """Tick until `stop` is set, and keep a heartbeat beside the state."""
        operating.operate(self.platform, self.workplace.state, stop, on_step=on_step, interval=interval)

    # Runs and versions

    def train(self, job: str, hyperparameters: Mapping[str, Any] | None = None) -> Run:
        """Queue and start a run of a training job."""
        return Run(self.platform, queue_run(self.platform, job, hyperparameters=hyperparameters))

    def train_or_resume(
        self, job: str, hyperparameters: Mapping[str, Any] | None = None, *, promote: bool = False
    ) -> Run:
        """Return the run that a killed process of this machine asked for just so and waited for, else a new one.

        With `promote`, a run that has ended is returned too, as long as its version was not promoted to the end.
        """
        found = run_left_behind(self.platform, job, hyperparameters, promote=promote)
        return Run(self.platform, found or queue_run(self.platform, job, hyperparameters=hyperparameters, awaited=True))

    @property
    def runs(self) -> Runs:
        """All runs, by name."""
        return Runs(self.platform)

    def register(self, run: Run | str, *, model: str | None = None) -> Version:
        """Register the model of a succeeded run; the same bytes again are the same version."""
        name = run if isinstance(run, str) else run.id
        state = registration.register(self.platform, name, model=model)
        return Version(self.platform, state.model, state.number)

    @property
    def models(self) -> list[str]:
        """The names of the declared models."""
        return list(self.platform.record.models)

    def versions(self, model: str) -> Listing[Version]:
        """Return the versions of a model, oldest first."""
        found = registration.model_state(self.platform, model).versions
        return Listing(f"Versions of {model}", [Version(self.platform, model, number) for number in found])

    def version(self, reference: str) -> Version:
        """Return the version of `delay:3` or `delay@champion`."""
        state = registration.find_version(self.platform, reference)
        return Version(self.platform, state.model, state.number)

    def approve(self, version: Version | str, *, role: str = "reviewer", reason: str = "") -> Version:
        """Give a person's approval in a role."""
        return self._approval("approval.given", version, role, reason)

    def withdraw(self, version: Version | str, *, role: str = "reviewer", reason: str = "") -> Version:
        """Take an approval back."""
        return self._approval("approval.withdrawn", version, role, reason)

    def _approval(self, kind: str, version: Version | str, role: str, reason: str) -> Version:
        found = self._version(version)
        stream = self.platform.approval(found.model)
        body = {"version": found.number, "role": role}
        key = f"{kind}/{found.number}/{role}/{self.ledger.actor.id}/{len(stream.events())}"
        stream.append(kind, body, key=key, reason=reason)
        return found

    def reject(self, version: Version | str, *, reason: str = "") -> Version:
        """Stop a version's promotion and refuse it for good."""
        found = self._version(version)
        promotion.reject(self.platform, found.state, reason)
        return found

    def evaluate(self, version: Version | str, *, against: str | None = "champion") -> evaluating.Evaluation:
        """Score a version, beside another one if there is one, on the model's held-out rows; decide nothing.

        `against` is an alias or a reference such as `delay:2`; None compares with nothing.
        """
        return evaluating.Evaluation(evaluating.evaluate(self.platform, self._version(version).state, against))

    def copy(self, version: Version | str, *, to: str) -> Version:
        """Register a version in another environment of the project: digests verified, provenance kept."""
        found = self._version(version)
        other = self.platform.elsewhere(to)
        return Version(other, found.model, copying.copy(self.platform, found.state, other))

    def promote(
        self, version: Version | str, *, alias: str = "champion", override: str | None = None, reason: str = ""
    ) -> Promotion:
        """Send a version through the gates to an alias and behind the endpoints that serve it; `.wait()` for the end.

        `override` passes all gates for a reason that the ledger keeps.
        """
        found = self._version(version)
        state = promotion.request_promotion(self.platform, found.state, alias=alias, override=override, reason=reason)
        return Promotion(self.platform, found.model, state.id)

    def _version(self, version: Version | str) -> Version:
        return self.version(version) if isinstance(version, str) else version

    # Endpoints

    def predict(self, endpoint: str, rows: Any, *, variant: str | None = None) -> Prediction:
        """Ask an endpoint."""
        return endpoints.predict(self.platform, endpoint, rows, variant=variant)

    def sample(self, endpoint: str) -> list[dict[str, Any]]:
        """Return the sample request stored with the version that serves."""
        return endpoints.sample_rows(self.platform, endpoint)

    def rollback(self, endpoint: str, *, reason: str) -> endpoints.Rollback:
        """Go back to what served before: model, serving configuration, traffic, monitor baseline."""
        text = serving.roll_back(self.platform, endpoint, reason)
        return endpoints.Rollback(self.platform, endpoint, text)

    def retire(self, endpoint: str, *, reason: str) -> None:
        """Take everything from behind an endpoint; a later promotion puts a version there again."""
        endpoints.retire(self.platform, endpoint, reason)

    def history(self, endpoint: str) -> History:
        """Return what served when, by whom, on what evidence."""
        return history(self.platform, endpoint)

    def set_traffic(self, endpoint: str, weights: Mapping[str, int], *, reason: str = "") -> None:
        """Give the variants of the live release these shares, until the next release."""
        steering.set_traffic(self.platform, endpoint, weights, reason=reason)

    def record_truth(self, endpoint: str, rows: Any) -> int:
        """Store labels that arrived later, to be joined on the endpoint's keys; return how many."""
        return endpoints.record_truth(self.platform, endpoint, endpoints.rows_of(rows))

    def predict_batch(self, name: str, *, source: Any = None, to: Any = None) -> Scores:
        """Score a batch endpoint's own rows, or the rows at `source` with a model, as a job; wait for it."""
        return batches.predict_batch(self.platform, name, source, to)

    # Features and monitors

    def materialize(self, view: str) -> str:
        """Bring a feature view up to now, offline and online; return what was done."""
        return features.materialize(self.platform, view)

    def online(self, view: str, keys: Sequence[Mapping[str, str | int]]) -> list[dict[str, Any] | None]:
        """Return the online features of keys, None where there are none."""
        return features.online(self.platform, view, keys)

    def monitor(self, name: str) -> monitors.MonitorHandle:
        """Return a monitor."""
        self.platform.record.resource("monitor", name)
        return monitors.MonitorHandle(self.platform, name)

    def endpoint_names(self) -> list[str]:
        """Return the names of the declared endpoints."""
        return list(self.platform.record.of_kind("endpoint"))

    def only_endpoint(self) -> str:
        """Return the project's only endpoint. Raises `UsageError` when there are several or none."""
        names = self.endpoint_names()
        if len(names) != 1:
            raise UsageError(f"name one of the endpoints: {', '.join(names) or 'there are none'}")
        return names[0]


def _silent(name: str, state: str, detail: str = "") -> None:
    """Report nothing."""
