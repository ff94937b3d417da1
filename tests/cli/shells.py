"""Runs command lines in this process, as a shell would see them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from tests.waiting import eventually

from modelwright.cli.documents.schemas import RESULTS, document_schema
from modelwright.cli.main import run

_UNSET = ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command line answered."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output; it is what the schema of its verb says."""
        found: dict[str, Any] = json.loads(self.out)
        check_document(found)
        return found


def check_document(document: dict[str, Any]) -> None:
    """Raise unless a document is what the published schema of its verb says, and holds nothing else."""
    verb = document["schema"].removeprefix("modelwright.cli.").removesuffix("/1").replace(".", " ")
    if verb in RESULTS:  # a group without a verb, and a verb that does not exist, have no schema of their own
        _validator(verb).validate(document)


@cache
def _validator(verb: str) -> Draft202012Validator:
    schema = document_schema(verb)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, text: str = "", *, tty: bool = False) -> None:
        super().__init__(text)
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


def call(
    *arguments: str, folder: Path | None = None, tty: bool = False, typed: str | None = None, **environment: str
) -> Said:
    """Run `modelwright <arguments>` in a folder (an empty one if none is given).

    `typed` is what a person types: with it, standard input is a terminal.
    """
    out, err = Screen(tty=tty), Screen(tty=tty)
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(contextlib.chdir(place))
        stack.enter_context(_environment(environment))
        stack.enter_context(_input(Screen(typed or "", tty=typed is not None)))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        status = run(list(arguments))
    return Said(status, out.getvalue(), err.getvalue())


def run_at_work(folder: Path, job: str) -> str:
    """Return the run of a job that has written its first line of log, once there is one."""

    def found() -> str:
        runs = call("runs", "list", "--job", job, "--json", folder=folder).document["result"]
        names = [str(run["run"]) for run in runs if run["state"] == "running"]
        return names[0] if names and call("runs", "logs", names[0], folder=folder).out.strip() else ""

    return eventually(found)


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _input(screen: Screen) -> Iterator[None]:
    before, sys.stdin = sys.stdin, screen
    try:
        yield
    finally:
        sys.stdin = before
