"""Scoring tables as jobs: a batch endpoint's own rows, or any rows with any version of a model."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from modelwright.canonical import timestamp
from modelwright.client.html import definition_list
from modelwright.errors import ProviderError, UsageError, did_you_mean
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import find_version, model_uri
from modelwright.lifecycle.schedules import start_scheduled

_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Scores:
    """What a batch wrote: where, how many rows, how many of them could not be scored."""

    job: str
    document: dict[str, Any]

    @property
    def uri(self) -> str:
        """The folder with the parts and their manifest."""
        return str(self.document["to"])

    @property
    def rows(self) -> int:
        """The number of rows scored."""
        return int(self.document["rows"])

    def to_dict(self) -> dict[str, Any]:
        """Return what the job said as JSON."""
        return {"job": self.job, **self.document}

    def _repr_html_(self) -> str:
        return definition_list(f"Scores of {self.document['endpoint']}", self.to_dict())

    def __str__(self) -> str:
        return json.dumps(self.document)


def predict_batch(platform: LivePlatform, name: str, source: Any = None, to: Any = None) -> Scores:
    """Score a batch endpoint's own rows, or with a model (`delay`, `delay:3`, `delay@champion`) any rows; wait for it.

    `source` and `to` are places in data stores (`lake / "new"`, `"lake/new"`) or addresses. Raises `UsageError` for
    what is neither, `NotFoundError` for a version that is not there, `ProviderError` with the job's own words.
    """
    modes = {n: d.get("mode", "realtime") for n, d in platform.record.of_kind("endpoint").items()}
    endpoints = [n for n, mode in modes.items() if mode == "batch"]
    if name in modes and name not in endpoints:
        raise UsageError(f"{name} answers requests and scores no table", remedy=_instead(platform, name))
    if name in endpoints:
        if source is not None or to is not None:
            raise UsageError(f"{name} declares its rows itself", remedy="name a model to score others")
        step = start_scheduled(platform, name, f"{name}/batch", by_hand=True)
        return finish(platform, step.text.removeprefix("started "))
    model = name.partition("@")[0].partition(":")[0]
    if model not in platform.record.models:
        hint = did_you_mean(name, [*endpoints, *platform.record.models])
        raise UsageError(f"{name!r} is neither a batch endpoint nor a model", remedy=hint)
    if source is None or to is None:
        raise UsageError("scoring with a model takes source= and to=", remedy='such as source="lake/new"')
    return finish(platform, _start(platform, name if name != model else f"{model}@champion", source, to))


def _instead(platform: LivePlatform, endpoint: str) -> str:
    """Return how to score a table with what a real-time endpoint serves."""
    reference = next(iter(platform.record.serves(endpoint)))
    return (
        f"`modelwright batch {reference} --source STORE/PATH --to STORE/PATH` scores a table with what it serves, "
        f"`modelwright endpoint invoke {endpoint} --file rows.json` asks it for some rows"
    )


def _start(platform: LivePlatform, reference: str, source: Any, to: Any) -> str:
    version, now = find_version(platform, reference), platform.now()
    slots = {
        "source": place(platform, source),
        "to": place(platform, to),
        "model_uri": model_uri(platform, version),
        "version": version.number,
        "release": 0,
        "at": timestamp(now),
    }
    job = f"{version.model}-batch-{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    registry = platform.record.model(version.model)["registry"]
    platform.driver.jobs.start(job, platform.record.filled(f"{registry}.{version.model}/batch", slots))
    return job


def place(platform: LivePlatform, value: Any) -> str:
    """Return the address of a place in a data store; an address stays what it is. Raises `UsageError`."""
    text = value.document() if hasattr(value, "document") and not isinstance(value, str) else value
    text = value.name if getattr(type(value), "KIND", "") == "data_store" else text
    if not isinstance(text, str):
        raise UsageError(f'a place in a data store is written lake / "new" or "lake/new", not {value!r}')
    if "://" in text:
        return text
    store, _, path = text.partition("/")
    stores = platform.record.of_kind("data_store")
    if store not in stores:
        raise UsageError(f"there is no data store {store!r}", remedy=did_you_mean(store, stores))
    return f"{platform.record.outputs[store]['uri']}/{path}".rstrip("/")


def finish(platform: LivePlatform, job: str) -> Scores:
    """Wait for a batch job; return what it said last. Raises `ProviderError` when it failed."""
    said = await_job(platform, job)
    return Scores(job, json.loads(said))


def await_job(platform: LivePlatform, job: str) -> str:
    """Wait for a job; return its last line of log. Raises `ProviderError` with its own words when it failed."""
    while (status := platform.driver.jobs.status(job)).state in {"queued", "running"}:
        time.sleep(_POLL)
    if status.state != "succeeded":
        raise ProviderError(f"{job} {status.state}: {status.reason}")
    text, _ = platform.driver.jobs.logs(job)
    return text.strip().rpartition("\n")[2]
