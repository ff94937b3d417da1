"""A static site of one environment: a page per version, model, run, endpoint, monitor and stream, and an index.

It needs no server, no script and no network, and is the same to the byte for the same ledger, store and clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from modelwright.errors import UsageError
from modelwright.report.address import (
    INDEX,
    LEDGER,
    SERVED,
    Links,
    endpoint_page,
    model_page,
    monitor_page,
    run_page,
    version_page,
)
from modelwright.report.documents import Trouble
from modelwright.report.page import page
from modelwright.report.pages.context import Context
from modelwright.report.pages.endpoint import endpoint_body
from modelwright.report.pages.index import index_body
from modelwright.report.pages.ledger import ledger_body, stream_body, stream_pages
from modelwright.report.pages.model import model_body
from modelwright.report.pages.monitor import monitor_body
from modelwright.report.pages.run import run_body
from modelwright.report.pages.served import served_body
from modelwright.report.pages.version import version_body
from modelwright.report.survey import Survey

if TYPE_CHECKING:
    from modelwright.client.client import Client

MARK = ".modelwright-report"
Write = Callable[[Context], str]
Progress = Callable[[str, int, int], None]
"""Told of a page, its number and how many there are."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page that is to be written: where, what it is about, and what writes its body."""

    path: str
    kind: str
    title: str
    write: Write = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Written:
    """One page that was written."""

    path: str
    kind: str
    title: str
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON."""
        return {"path": self.path, "kind": self.kind, "title": self.title, "bytes": self.bytes}


@dataclass(frozen=True, slots=True)
class Site:
    """A site that was written, and what could not be read for it."""

    folder: Path
    pages: tuple[Written, ...]
    troubles: tuple[Trouble, ...]

    @property
    def index(self) -> Path:
        """The first page."""
        return self.folder / INDEX

    def to_dict(self) -> dict[str, Any]:
        """Return what was written as JSON."""
        return {
            "folder": str(self.folder),
            "index": str(self.index),
            "pages": [one.to_dict() for one in self.pages],
            "unreadable": [{"where": trouble.where, "why": trouble.why} for trouble in self.troubles],
        }


def write_site(client: Client, folder: Path, *, progress: Progress | None = None) -> Site:
    """Write the site of a client's environment, in place of one that was written there before.

    Raises `UsageError` for a folder that holds anything else, `NotAppliedError` before the first `up`.
    """
    survey = Survey.of(client)
    before = claim(folder)
    leaves = list(_leaves(survey))
    paths = frozenset(leaf.path for leaf in leaves)
    _mark(folder, sorted(paths | before))
    written = []
    for number, leaf in enumerate(leaves, 1):
        written.append(_write(survey, leaf, paths, folder))
        if progress is not None:
            progress(leaf.path, number, len(leaves))
    for path in sorted(before - paths):
        (folder / path).unlink(missing_ok=True)
    _mark(folder, sorted(paths))
    return Site(folder, tuple(written), tuple(survey.documents.troubles.values()))


def claim(folder: Path) -> frozenset[str]:
    """Return the pages of an earlier site in a folder. Raises `UsageError` when it holds anything else."""
    if not folder.exists() and not folder.is_symlink():
        return frozenset()
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="name a folder: --to FOLDER")
    if {path.name for path in folder.iterdir()} <= {_fresh(folder / MARK).name}:
        return frozenset()
    try:
        pages = json.loads((folder / MARK).read_bytes())["pages"]
        return frozenset(str(path) for path in pages if _inside(str(path)))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"{folder} holds something else than a report", remedy="name an empty folder: --to FOLDER"
        ) from error


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return path.endswith(".html") and not path.startswith("/") and ".." not in parts and "\\" not in path


def _mark(folder: Path, pages: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {"schema": "modelwright.report/1", "pages": pages}
    _put(folder / MARK, json.dumps(document, indent=1).encode() + b"\n")


def _fresh(path: Path) -> Path:
    """Return where a file is written before it takes its place."""
    return path.with_name(f".{path.name}.new")


def _put(path: Path, data: bytes) -> None:
    """Replace a file as a whole: whoever is killed leaves the old page or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _fresh(path)
    fresh.write_bytes(data)
    fresh.replace(path)


def _write(survey: Survey, leaf: Leaf, paths: frozenset[str], folder: Path) -> Written:
    context = Context(survey, Links(leaf.path, paths))
    title = leaf.title if leaf.path == INDEX else f"{leaf.title} · {survey.record.project}"
    data = page(title, [context.whole(leaf.title, leaf.write)], images=True).encode()
    _put(folder / leaf.path, data)
    return Written(leaf.path, leaf.kind, leaf.title, len(data))


def _leaves(survey: Survey) -> Iterator[Leaf]:
    """Yield every page, the index last: it tells of everything that could not be read."""
    for model in survey.models:
        yield Leaf(model_page(model), "model", model, partial(model_body, model=model))
        for number, version in sorted(survey.model(model).versions.items()):
            title = f"{model}:{number}"
            yield Leaf(version_page(model, number), "version", title, partial(version_body, state=version))
    for job in survey.jobs:
        for name, run in survey.training(job).runs.items():
            yield Leaf(run_page(name), "run", str(name), partial(run_body, state=run))
    for name in survey.endpoints:
        yield Leaf(endpoint_page(name), "endpoint", name, partial(endpoint_body, name=name))
    for name in survey.monitors:
        yield Leaf(monitor_page(name), "monitor", name, partial(monitor_body, name=name))
    for name, events in survey.streams.items():
        for path, first in stream_pages(name, len(events)):
            yield Leaf(path, "stream", name, partial(stream_body, stream=name, first=first))
    yield Leaf(SERVED, "served", "What served when", served_body)
    yield Leaf(LEDGER, "ledger", "Ledger", ledger_body)
    yield Leaf(INDEX, "index", f"{survey.record.project} · {survey.record.environment}", index_body)
