"""What an engine asks this machine to make, one resource at a time: the same makers that `modelwright up` uses."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.folder import StateFolder
from modelwright.adapters.local.driver.leaving import cancel_jobs, leave
from modelwright.adapters.local.driver.lock import exclusive
from modelwright.adapters.local.driver.workshop import Workshop
from modelwright.assembly.resource import Resource
from modelwright.errors import UsageError

_RECORD = "local:Record"
_MADE = ("control", "data", "online", "endpoints")
"""The folders of what is declared; the others come of what is done with it, and go with the last of these."""

Inputs = Mapping[str, Any]


class LocalProvider:
    """The platform of one environment, as the provider's configuration names it: `folder` and `environment`."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        missing = [name for name in ("folder", "environment") if not configuration.get(name)]
        if missing:
            raise UsageError(
                f"the provider of this machine was not told its {' and '.join(missing)}",
                remedy="register resources by modelwright.pulumi.Platform, which configures it",
            )
        self._folder = StateFolder(Path(configuration["folder"]), configuration["environment"])
        self._workshop = Workshop(self._folder)
        self._lock = self._folder.top / f".{configuration['environment']}.lock"
        self._turn = threading.Lock()

    def make(self, token: str, inputs: Inputs) -> dict[str, Any]:
        """Make a resource, or leave it as it is; return what it offers. Raises `LockedError` beside another `up`."""
        with self._alone():
            if token == _RECORD:
                self._folder.write_durably(self._folder.path(inputs["path"]), inputs["content"].encode())
                return {}
            return self._workshop.make(_resource(token, inputs), {})

    def change(self, token: str, former: Inputs, inputs: Inputs) -> dict[str, Any]:
        """Turn what exists under former inputs into what these say; return what it offers."""
        if token != _RECORD:
            with self._alone():
                self._workshop.adopt(_resource(token, former), _resource(token, inputs))
        return self.make(token, inputs)

    def read(self, token: str, inputs: Inputs) -> tuple[Inputs, dict[str, Any]] | None:
        """Return a resource's inputs as they are found now, and what it offers; None when it is gone."""
        if token == _RECORD:
            path = self._folder.path(inputs["path"])
            return ({**inputs, "content": path.read_text()}, {}) if path.is_file() else None
        kept = {name: value for name, value in inputs.items() if name != "retention"}  # old files are not gone
        if self._workshop.missing(_resource(token, kept)):
            return None
        return inputs, self._workshop.offers(_resource(token, inputs))

    def remove(self, token: str, inputs: Inputs) -> None:
        """Remove a resource; with the last one goes what was done with them, and the folder."""
        if not self._folder.root.is_dir():
            return
        with self._alone():
            if token == _RECORD:
                self._folder.remove(self._folder.path(inputs["path"]))
            else:
                self._workshop.remove(_resource(token, inputs))
            if not any(self._holds(name) for name in _MADE):
                self._leave()

    def ask(self, function: str, args: Inputs) -> dict[str, Any]:
        """Answer `local:path` and `local:uri`: where a path of the project is."""
        path = self._folder.project_dir / args["path"]
        answers = {"local:path": {"path": str(path)}, "local:uri": {"uri": path.as_uri()}}
        if function not in answers:
            raise UsageError(f"this machine answers no {function!r}", remedy=f"one of: {', '.join(answers)}")
        return answers[function]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one call in at a time, and none beside `modelwright up`; what it wrote is on the disk when it returns."""
        with self._turn, exclusive(self._lock):
            self._folder.open()
            yield
            self._folder.sync()

    def _holds(self, name: str) -> bool:
        folder = self._folder.root / name
        return folder.is_dir() and any(folder.iterdir())

    def _leave(self) -> None:
        cancel_jobs(self._folder.root)
        for child in self._folder.root.iterdir():
            self._folder.remove(child)
        self._folder.root.rmdir()
        leave(self._folder.top, self._lock)


def _resource(token: str, inputs: Inputs) -> Resource:
    return Resource("named-by-the-engine", token, dict(inputs))
