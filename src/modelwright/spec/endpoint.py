"""Endpoints: versions that answer requests, or that score a table in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from modelwright.errors import Problem
from modelwright.spec.accelerator import Accelerators
from modelwright.spec.base import Resource, Spec
from modelwright.spec.counts import MinMax
from modelwright.spec.cron import Cron
from modelwright.spec.data_store import DataStore
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.field import Many, Takes, option
from modelwright.spec.guardrail import Guardrail
from modelwright.spec.image import Image, Variables
from modelwright.spec.names import Column, Timezone
from modelwright.spec.reference import DataPath, ModelReference, Secret
from modelwright.spec.rollout import AllAtOnce, Canary, Rollout
from modelwright.spec.size import Size
from modelwright.spec.traffic import Serves


class Autoscale(Spec):
    """What the number of instances follows, between the endpoint's minimum and maximum."""

    KIND = "autoscale"

    requests_per_second: float | None = option("Requests per second of one instance.", default=None, gt=0)
    concurrency: int | None = option("Requests in progress on one instance.", default=None, ge=1)
    cpu: float | None = option("The share of its processor that an instance uses.", default=None, gt=0, le=1)
    cooldown: Takes[str | Duration, Duration] = option("How long to wait before taking an instance away.", default="5m")

    def flaws(self) -> Iterator[Problem]:
        """Yield a problem where nothing, or more than one thing, is followed."""
        given = [name for name in ("requests_per_second", "concurrency", "cpu") if getattr(self, name) is not None]
        if len(given) != 1:
            found = ", ".join(given) or "none of them"
            yield Problem("", f"takes one of requests_per_second, concurrency, cpu, and has {found}")


class Endpoint(Resource):
    """Versions of models behind one address, or, with `mode="batch"`, on one schedule."""

    KIND = "endpoint"

    serves: Serves = option("A version, such as delay@champion, or shares of traffic by version.")
    shadow: Takes[str | ModelReference | None, ModelReference | None] = option(
        "A version that sees the same requests and whose answers nobody gets.", default=None
    )
    mirror: float = option("The share of requests that the shadow sees.", default=1.0, gt=0, le=1)
    mode: Literal["realtime", "serverless", "async", "batch"] = option("How it is asked.", default="realtime")
    instances: Takes[int | tuple[int, int], MinMax] = option(
        "How many instances of a version: (minimum, maximum).", default=(1, 1)
    )
    autoscale: Autoscale | None = option("What the number of instances follows.", default=None)
    accelerator: Accelerators = option("Accelerators of an instance; several are tried in this order.", default=())
    cpus: float | None = option("Processor cores of an instance.", default=None, gt=0, le=1024)
    memory: Takes[str | Size | None, Size | None] = option("Memory of an instance.", default=None)
    rollout: Rollout = option("How one release replaces another.", default_factory=AllAtOnce)
    capture: float = option("The share of requests to keep with their answers.", default=0.0, ge=0, le=1)
    keys: Many[Column] = option("The columns that name a request, so that its truth can be found later.", default=())
    event_time: Column | None = option(
        "The column with the time of the event; None takes the time of arrival.", default=None
    )
    event_time_tolerance: Takes[str | Duration, Duration] = option("How far it may lie from the arrival.", default="1d")
    guardrails: Many[Guardrail] = option("What to do about inputs and predictions not to be trusted.", default=())
    timeout: Takes[str | Duration, Lasting] = option("Give up answering a request after so long.", default="30s")
    max_body: Takes[str | Size, Size] = option("The largest request.", default="8MiB")
    queue: int = option("How many requests may wait before more are refused.", default=256, ge=1, le=1_000_000)
    env: Variables = option("Environment variables.", default={})
    image: Image | None = option("The image; None takes the one that trained the version.", default=None)
    source: Takes[DataPath | DataStore | str | None, DataPath | None] = option(
        "The rows that a batch endpoint scores.", default=None
    )
    to: Takes[DataPath | DataStore | str | None, DataPath | None] = option(
        "Where a batch endpoint writes.", default=None
    )
    schedule: Takes[str | Cron | None, Cron | None] = option(
        "When a batch endpoint runs; None only on request.", default=None
    )
    timezone: Timezone = option("The time zone that `schedule` is read in.", default="UTC")

    @property
    def references(self) -> tuple[ModelReference, ...]:
        """All versions that this endpoint refers to: served, shadowed, fallen back to."""
        fallbacks = [guardrail.to for guardrail in self.guardrails if guardrail.to]
        return tuple(dict.fromkeys([*self.serves, *([self.shadow] if self.shadow else []), *fallbacks]))

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that do not go together."""
        yield from self._batch_flaws() if self.mode == "batch" else self._online_flaws()
        if self.shadow is not None and self.shadow in self.serves:
            yield Problem("shadow", f"{self.shadow.document()} is served already, so it cannot be its own shadow")
        moves = self.instances.maximum > max(self.instances.minimum, 1)
        if moves and self.autoscale is None and self.mode == "realtime":
            yield Problem("autoscale", f"says nothing, so instances={tuple(self.instances)} would never move")

    def _batch_flaws(self) -> Iterator[Problem]:
        if len(self.serves) > 1:
            yield Problem("serves", "takes one version in mode 'batch': every row is scored once", "leave weights out")
        for name in ("source", "to"):
            if getattr(self, name) is None:
                yield Problem(name, "is required in mode 'batch'", 'such as lake / "customers"')
        for name in ("shadow", "autoscale"):
            if getattr(self, name) is not None:
                yield Problem(name, "has no meaning in mode 'batch': nothing listens")

    def _online_flaws(self) -> Iterator[Problem]:
        for name in ("source", "to", "schedule"):
            if getattr(self, name) is not None:
                yield Problem(name, f"goes with mode 'batch', and this is {self.mode!r}")

    def relies_on(self) -> frozenset[str]:
        """Return the features that this endpoint relies on."""
        conditions = {guardrail.condition for guardrail in self.guardrails}
        actions = {guardrail.action for guardrail in self.guardrails}
        found = {f"endpoint.mode.{self.mode}", f"endpoint.rollout.{self.rollout.KIND}"}
        found |= {f"endpoint.guardrail.{name}" for name in conditions | actions}
        found |= {name for name, value in self._wanted().items() if value}
        found |= self.image.relies_on() if self.image else set()
        return super().relies_on() | found

    def _wanted(self) -> dict[str, Any]:
        return {
            "endpoint.weights": len(self.serves) > 1,
            "endpoint.shadow": self.shadow,
            "endpoint.shadow.sampled": self.shadow and self.mirror < 1,
            "endpoint.autoscale.requests_per_second": self.autoscale and self.autoscale.requests_per_second,
            "endpoint.autoscale.concurrency": self.autoscale and self.autoscale.concurrency,
            "endpoint.autoscale.cpu": self.autoscale and self.autoscale.cpu,
            "endpoint.scale_to_zero": self.instances.minimum == 0,
            "endpoint.instances": self.instances.maximum > 1,
            "endpoint.accelerator": self.accelerator,
            "endpoint.resources": self.cpus or self.memory,
            "endpoint.capture": self.capture,
            "endpoint.event_time": self.event_time,
            "endpoint.image": self.image,
            "endpoint.secrets": any(isinstance(value, Secret) for value in self.env.values()),
            "endpoint.schedule": self.schedule,
            "endpoint.rollout.canary.conditions": isinstance(self.rollout, Canary) and self.rollout.rollback_when,
        }
