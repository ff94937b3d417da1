"""Everything that the pages of one environment are written from, read once; what cannot be read is noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from modelwright.contract.driver import Measure
from modelwright.ledger.event import Event, merged
from modelwright.lifecycle.release import EndpointState, fold_endpoint
from modelwright.lifecycle.states import ModelState, TrainingState, fold_model, fold_training
from modelwright.report.documents import Documents, Legible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelwright.client.client import Client
    from modelwright.lifecycle.platform import LivePlatform
    from modelwright.lifecycle.record import Record
    from modelwright.workload.monitor.state import Result

S = TypeVar("S")


@dataclass
class Survey:
    """One environment as its ledger, its control store and its measures say."""

    platform: LivePlatform
    documents: Documents
    _results: dict[str, tuple[Result, ...]] = field(default_factory=dict)
    _folded: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, client: Client) -> Survey:
        """Open the survey of a client's environment. Raises `NotAppliedError` before the first `up`."""
        platform = client.platform
        return cls(platform, Documents(platform.store))

    @property
    def record(self) -> Record:
        """The platform record."""
        return self.platform.record

    @cached_property
    def streams(self) -> Mapping[str, tuple[Event, ...]]:
        """All streams with their events; one that cannot be read has none, and is noted."""
        none: list[str] = []
        names = self.documents.attempt("ledger/v1", self.platform.ledger.streams, none)
        return {name: self.documents.attempt(f"ledger/v1/{name}", self._reader(name), ()) for name in names}

    def _reader(self, name: str) -> Callable[[], tuple[Event, ...]]:
        return lambda: self.platform.ledger.stream(name).events()

    def events(self, stream: str) -> tuple[Event, ...]:
        """Return the events of a stream."""
        return self.streams.get(stream, ())

    @cached_property
    def all_events(self) -> tuple[Event, ...]:
        """The events of all streams in the order of their recording."""
        found = [event for events in self.streams.values() for event in events]
        return tuple(merged(found))

    def endpoint(self, name: str) -> EndpointState:
        """Return the state of an endpoint."""
        return self._fold(f"endpoint/{name}", fold_endpoint, EndpointState())

    def model(self, name: str) -> ModelState:
        """Return the state of a model."""
        return self._fold(f"model/{name}", fold_model, ModelState())

    def training(self, job: str) -> TrainingState:
        """Return the state of a training job."""
        return self._fold(f"training/{job}", fold_training, TrainingState())

    def _fold(self, stream: str, fold: Callable[[tuple[Event, ...]], S], empty: S) -> S:
        if stream not in self._folded:
            events = self.events(stream)
            self._folded[stream] = self.documents.attempt(f"ledger/v1/{stream}", lambda: fold(events), empty)
        found = self._folded[stream]
        assert isinstance(found, type(empty))
        return found

    @property
    def models(self) -> list[str]:
        """The models that are declared or have a stream."""
        return self._named("model", self.record.models)

    @property
    def jobs(self) -> list[str]:
        """The training jobs that are declared or have a stream."""
        return self._named("training", self.record.of_kind("training"))

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that are declared or have a stream."""
        return self._named("endpoint", self.record.of_kind("endpoint"))

    @property
    def monitors(self) -> list[str]:
        """The monitors that are declared or have a stream."""
        return self._named("monitor", self.record.of_kind("monitor"))

    def _named(self, kind: str, declared: Iterable[str]) -> list[str]:
        known = [name.partition("/")[2] for name in self.streams if name.startswith(f"{kind}/")]
        return list(dict.fromkeys([*declared, *known]))

    def results(self, monitor: str) -> tuple[Result, ...]:
        """Return the counted result of every window, version and check, oldest window first."""
        if monitor not in self._results:
            self._results[monitor] = self.documents.attempt(f"results/{monitor}", lambda: self._latest(monitor), ())
        return self._results[monitor]

    def _latest(self, monitor: str) -> tuple[Result, ...]:
        from modelwright.workload.monitor.state import latest_results

        return latest_results(Legible(self.documents), monitor)

    @cached_property
    def evaluations(self) -> Mapping[str, dict[str, Any]]:
        """The results of all evaluations that can be read, by their id."""
        found = {}
        for key, _ in self.documents.sizes("evaluations/"):
            document = self.documents.json(key, "evaluation") if key.endswith("/result.json") else None
            if document is not None:
                found[key.split("/")[1]] = document
        return found

    def measures(self, endpoint: str, since: datetime, until: datetime) -> Mapping[str, Measure]:
        """Return what clients saw of each variant in an interval."""
        read = self.platform.driver.measures.read
        return self.documents.attempt(f"measures of {endpoint}", lambda: read(endpoint, since, until), {})

    def watching(self, endpoint: str) -> list[str]:
        """Return the monitors that watch an endpoint."""
        declared = self.record.of_kind("monitor")
        return [name for name, document in declared.items() if document.get("endpoint") == endpoint]

    @cached_property
    def end(self) -> datetime:
        """The last moment that anything is known of: a page that is written again later says the same."""
        moments = [event.at for event in self.all_events]
        moments += [result.window[1] for monitor in self.monitors for result in self.results(monitor)]
        return max(moments, default=self.platform.now())


def span_of(events: Sequence[Event], end: datetime) -> tuple[datetime, datetime]:
    """Return from when to when a chart of these events goes; never nothing."""
    start = min((event.at for event in events), default=end - timedelta(hours=1))
    return start, max(end, start + timedelta(minutes=1))
