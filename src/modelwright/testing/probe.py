"""Compiles every sample under watch, in a process of its own: `python -m modelwright.testing.probe NAME SETTINGS`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from modelwright.contract.discovery import GROUP, find_adapter
from modelwright.testing.purity import digests
from modelwright.testing.subject import Subject

_WATCHED = ("open", "socket.", "subprocess.", "os.", "shutil.", "urllib.", "http.", "ctypes.dlopen", "import")


def watch() -> tuple[list[str], Callable[[str], None]]:
    """Return a list to which everything that touches the world is added, and the switch that turns the watch.

    An audit hook sees what a replaced `open` would not: C extensions, and names that were imported before.
    """
    seen: list[str] = []
    state = {"watch": "off"}

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if state["watch"] == "on" and event.startswith(_WATCHED):
            seen.append(f"{event} {arguments[0] if arguments else ''}".strip())

    sys.addaudithook(hook)
    return seen, lambda watch: state.update(watch=watch)


def main(name: str, settings: str) -> None:
    """Print a JSON document: the samples' digests, what compiling touched, which libraries it imported."""
    before = _tops()
    subject = Subject(find_adapter(name), json.loads(settings))
    found = digests(subject)
    imported = sorted(_tops() - before - _own(name) - set(sys.stdlib_module_names))
    touched, switch = watch()
    switch("on")
    digests(subject)
    switch("off")
    json.dump({"digests": found, "touched": touched[:20], "imported": imported}, sys.stdout)


def _tops() -> set[str]:
    return {module.partition(".")[0] for module in sys.modules}


def _own(name: str) -> set[str]:
    """Return the packages of the adapter's own distribution."""
    (point,) = entry_points(group=GROUP, name=name)
    files = (point.dist.files or ()) if point.dist else ()
    return {point.module.partition(".")[0], *(file.parts[0].removesuffix(".py") for file in files)}


if __name__ == "__main__":
    main(*sys.argv[1:])
