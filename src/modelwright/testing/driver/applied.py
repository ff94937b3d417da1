"""A platform with the driver kit's project on it, ready to be tried, and gone afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.value import fill, from_json, slots
from modelwright.compiler import compile_project
from modelwright.contract.adapter import Adapter
from modelwright.contract.discovery import find_adapter
from modelwright.contract.driver import Driver, Filled
from modelwright.contract.place import Place
from modelwright.errors import UnsupportedError, UsageError
from modelwright.testing.check import ConformanceError
from modelwright.testing.driver import project as sample
from modelwright.testing.subject import Subject

PATIENCE_SECONDS = 600.0
"""How long a platform may take for anything that is waited for here."""
_NOW = "2026-01-01T00:00:00Z"
T = TypeVar("T")
Apply = Callable[[Assembly], Mapping[str, Any]]
"""Applies an assembly where an engine and no `Platform` does it, and returns the platform record."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A driver on an applied environment, and what requests are filled from."""

    adapter: Adapter
    record: Mapping[str, Any]
    driver: Driver

    def has(self, request: str) -> bool:
        """Return whether the sample project has a request, which it has where the adapter supports what asks for it."""
        return any(one["name"] == request for one in self.record["requests"])

    def filled(self, request: str, **given: Any) -> Filled:
        """Return a request of the record with its slots filled from what is given."""
        found = next(one for one in self.record["requests"] if one["name"] == request)
        body = from_json(found["body"])
        wanted = slots(body)
        values = {name: value for name, value in given.items() if name in wanted}
        return Filled(found["name"], found["purpose"], found["operation"], fill(body, values))

    def run(self, job: str, run: str) -> Filled:
        """Return the request that runs one of the project's jobs."""
        return self.filled(
            f"{job}/train", run=run, hyperparameters={}, at="2026-01-01T00:00:00Z", now="2026-01-01T00:00:00Z"
        )

    def until(self, what: str, look: Callable[[], T], good: Callable[[T], bool]) -> T:
        """Return what `look` sees as soon as it is good. Raises `ConformanceError` when it never is."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not good(seen := look()):
            if time.monotonic() > deadline:
                raise ConformanceError(
                    f"adapter {self.adapter.name!r}: {what} within {PATIENCE_SECONDS:g} s; last seen: {seen}"
                )
            time.sleep(0.05)
        return seen

    def model(self) -> str:
        """Return the address of a model that doubles, which a run of the driver has trained, as a registry keeps it."""
        run, store = "kit-model", self.driver.store
        self.driver.jobs.start(run, self.run("learn", run))
        ended = self.until(
            "a run that learns never ends",
            lambda: self.driver.jobs.status(run),
            lambda status: status.ended is not None or status.state in {"succeeded", "failed", "cancelled", "lost"},
        )
        if ended.state != "succeeded":
            raise ConformanceError(f"adapter {self.adapter.name!r}: the run that learns {ended.state}: {ended.reason}")
        prefix = f"runs/{run}/model/"
        manifest = store.get(f"{prefix}manifest.json")
        if manifest is None:
            raise ConformanceError(f"adapter {self.adapter.name!r}: {prefix}manifest.json is not in the control store")
        folder = f"models/{sha256(manifest).hexdigest()}"
        for key in store.keys(prefix):
            store.create(f"{folder}/{key.removeprefix(prefix)}", store.get(key) or b"")
        return f"{store.uri}/{folder}"

    def variant(self, name: str, model: str) -> Filled:
        """Return the request that serves a model as a variant such as `v1-r1`."""
        version, release = (int(part[1:]) for part in name.split("-"))
        return self.filled(
            f"{sample.ENDPOINT}/serve", model_uri=model, version=version, release=release, variant=name, fallback={}
        )


@contextmanager
def applied(
    adapter: str, folder: Path, settings: Mapping[str, Any] | None = None, *, apply: Apply | None = None
) -> Iterator[Applied]:
    """Write the kit's project into a folder, apply it, yield its driver, and remove it all in the end.

    `apply` is needed for an adapter whose resources an engine makes: it is handed the assembly and returns the record.
    """
    found = find_adapter(adapter)
    subject = Subject(found, dict(settings or {}))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "training.py").write_text(sample.CODE, encoding="utf-8")
    project = sample.project(adapter, subject.settings, subject.answers)
    assembly = compile_project(project, sample.ENVIRONMENT)
    place = Place(project.name, sample.ENVIRONMENT, folder, subject.read)
    platform = found.open_platform(place)
    if apply is not None:
        record = apply(assembly)
    elif platform is not None:
        record = platform.apply(assembly, allow_data_loss=frozenset(), progress=_quiet)
    else:
        raise UsageError(f"an engine applies adapter {adapter!r}", remedy="pass apply=, which returns the record")
    driver = found.open_driver(record, place)
    try:
        yield Applied(found, record, driver)
    finally:
        _end(Applied(found, record, driver))
        if platform is not None and apply is None:
            everything = frozenset({name for one in assembly.resources for name in (one.name, one.owner)})
            with suppress(UnsupportedError):  # it may leave the removal to people; nothing of ours runs any more
                platform.destroy(allow_data_loss=everything, progress=_quiet)


def _end(platform: Applied) -> None:
    if platform.has("wait/train"):
        platform.driver.jobs.cancel("kit-cancelled")
    if platform.has(f"{sample.ENDPOINT}/serve"):
        platform.driver.serving.stop(sample.ENDPOINT)


def _quiet(name: str, state: str, detail: str = "") -> None:
    """Say nothing."""
