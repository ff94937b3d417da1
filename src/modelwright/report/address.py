"""Where each page of a site lies, and links between pages that work from a folder of files."""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from modelwright.report.element import el, join
from modelwright.report.page import Markup

INDEX, SERVED, LEDGER = "index.html", "served.html", "ledger/index.html"
EVENTS = 500
"""Events on one page of a stream."""
_LONGEST = 100
_REFERENCE = re.compile(r"(?P<stream>[^#]+)#(?P<seq>\d{1,15})")


def slug(name: str) -> str:
    """Return a name as the part of a path on any file system; different names never become the same part."""
    name = str(name)  # a damaged event may hold anything
    made = re.sub(r"[^A-Za-z0-9_.-]|^\.", lambda found: f"~{ord(found[0]):x}~", name)
    if made != name or len(made) > _LONGEST:
        made = f"{made[:_LONGEST]}~{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"
    return made


def model_page(model: str) -> str:
    """Return the page of a model."""
    return f"models/{slug(model)}/index.html"


def version_page(model: str, number: int) -> str:
    """Return the page of a version."""
    return f"models/{slug(model)}/{int(number)}.html"


def run_page(run: str) -> str:
    """Return the page of a run."""
    return f"runs/{slug(run)}.html"


def endpoint_page(endpoint: str) -> str:
    """Return the page of an endpoint."""
    return f"endpoints/{slug(endpoint)}.html"


def monitor_page(monitor: str) -> str:
    """Return the page of a monitor."""
    return f"monitors/{slug(monitor)}.html"


def stream_page(stream: str, seq: int = 1) -> str:
    """Return the page of a stream that holds an event; long streams have several."""
    number = (max(seq, 1) - 1) // EVENTS + 1
    return f"ledger/{slug(stream.replace('/', '.', 1))}{f'.{number}' if number > 1 else ''}.html"


@dataclass(frozen=True, slots=True)
class Links:
    """Links from one page to those that there are; to any other there is only its name."""

    here: str
    pages: frozenset[str] = field(repr=False)

    def href(self, path: str, fragment: str = "") -> str:
        """Return the relative address of a page."""
        relative = posixpath.relpath(path, posixpath.dirname(self.here) or ".")
        return quote(relative) + (f"#{quote(fragment)}" if fragment else "")

    def to(self, path: str, text: object, fragment: str = "") -> Markup:
        """Return a link to a page, or the bare text where there is no such page."""
        return el("a", text, href=self.href(path, fragment)) if path in self.pages else join(text)

    def event(self, reference: str) -> Markup:
        """Return a link to an event by its reference, such as `model/delay#12`."""
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            return join(reference)
        path = stream_page(found["stream"], int(found["seq"]))
        return el("code", self.to(path, reference, f"e{found['seq']}"))

    def version(self, model: str, number: int, text: str = "") -> Markup:
        """Return a link to a version."""
        return self.to(version_page(model, number), text or f"{model}:{number}")

    def run(self, run: str) -> Markup:
        """Return a link to a run."""
        return self.to(run_page(run), run)

    def endpoint(self, endpoint: str) -> Markup:
        """Return a link to an endpoint."""
        return self.to(endpoint_page(endpoint), endpoint)

    def monitor(self, monitor: str) -> Markup:
        """Return a link to a monitor."""
        return self.to(monitor_page(monitor), monitor)
