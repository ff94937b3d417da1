"""The platform record as the lifecycle reads it: names, documents of what was declared, requests with open slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from modelwright.assembly.value import fill, from_json
from modelwright.canonical import digest_of, read_document
from modelwright.contract.driver import Filled
from modelwright.contract.record import NEEDED, REPAIR, VERSION
from modelwright.errors import NotAppliedError, NotFoundError, did_you_mean
from modelwright.store import Store, place

KEY = "platform.json"


@dataclass(frozen=True)
class Record:
    """A resolved platform record (CONTRACTS: `modelwright.platform/1`)."""

    document: Mapping[str, Any]
    data: bytes = field(default=b"", repr=False)
    """The bytes it was read from."""

    @property
    def project(self) -> str:
        """The project's name."""
        return str(self.document["project"])

    @property
    def environment(self) -> str:
        """The environment's name."""
        return str(self.document["environment"])

    @cached_property
    def digest(self) -> str:
        """The digest that events of this platform carry."""
        return digest_of(self.document)

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """What each declared resource offers: addresses, paths, names."""
        outputs: Mapping[str, Mapping[str, Any]] = self.document["outputs"]
        return outputs

    @property
    def desired(self) -> Mapping[str, Mapping[str, Any]]:
        """The document of each declared resource, by name."""
        desired: Mapping[str, Mapping[str, Any]] = self.document["desired"]
        return desired

    def of_kind(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return the documents of one kind, by resource name."""
        return {name: document for name, document in self.desired.items() if document.get("kind") == kind}

    @cached_property
    def models(self) -> dict[str, Mapping[str, Any]]:
        """The declared models of all registries, by model name, each with its `registry`."""
        found: dict[str, Mapping[str, Any]] = {}
        for registry, document in self.of_kind("model_registry").items():
            for model in document["models"]:
                found[model["name"]] = {**model, "registry": registry}
        return found

    def model(self, name: str) -> Mapping[str, Any]:
        """Return a model's document. Raises `NotFoundError` naming the nearest."""
        return _named(self.models, name, "model")

    def gates(self, model: str) -> list[Mapping[str, Any]]:
        """Return the gates that a model's versions pass here: the environment's own, else those for all."""
        gates = self.model(model).get("gates", {})
        return list(gates.get(self.environment, gates.get("*", ())))

    def resource(self, kind: str, name: str) -> Mapping[str, Any]:
        """Return the document of a resource of one kind. Raises `NotFoundError` naming the nearest."""
        return _named(self.of_kind(kind), name, kind.replace("_", " "))

    def serves(self, endpoint: str) -> dict[str, int]:
        """Return the weight of each reference that an endpoint serves; they sum to 100."""
        serves = self.resource("endpoint", endpoint)["serves"]
        return {serves: 100} if isinstance(serves, str) else dict(serves)

    def hourly_price(self, job: str) -> float:
        """Return what an hour of a training job's cluster costs, in the budget's currency; 0 on one's own machine."""
        cluster = self.resource("training", job).get("cluster")
        return float(self.outputs.get(str(cluster), {}).get("hourly_price", 0.0)) if cluster else 0.0

    def model_of(self, training: str) -> str | None:
        """Return the model that a training job trains, or None."""
        return next((name for name, model in self.models.items() if model.get("training") == training), None)

    def request(self, name: str) -> Mapping[str, Any]:
        """Return a request by name. Raises `NotFoundError`."""
        requests = {request["name"]: request for request in self.document["requests"]}
        return _named(requests, name, "request")

    def filled(self, name: str, slots: Mapping[str, Any]) -> Filled:
        """Return a request with those of the slots filled that its body has.

        Raises `UsageError` when the body has a slot that is not among them.
        """
        request = self.request(name)
        body = from_json(request["body"])
        return Filled(name, request["purpose"], request["operation"], fill_known(body, slots))


def fill_known(body: Any, slots: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill a body from a larger set of slot values."""
    from modelwright.assembly.value import slots as open_slots

    wanted = open_slots(body)
    filled: Mapping[str, Any] = fill(body, {name: value for name, value in slots.items() if name in wanted})
    return filled


def _named(choices: Mapping[str, Mapping[str, Any]], name: str, what: str) -> Mapping[str, Any]:
    if name not in choices:
        raise NotFoundError(f"there is no {what} named {name!r}", remedy=did_you_mean(name, choices))
    return choices[name]


def read_record(store: Store, known: Record | None = None) -> Record:
    """Return the record in a control store; the `known` one itself while it is the same.

    Raises `NotAppliedError` when `up` never finished there.
    """
    data = store.get(KEY)
    if data is None:
        raise NotAppliedError("this environment was never applied", remedy="run `modelwright up` first")
    if known is not None and known.data == data:
        return known
    document = read_document(data, "platform", VERSION, where=place(store, KEY), needs=NEEDED, remedy=REPAIR)
    return Record(document, data)
