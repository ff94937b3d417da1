"""Looks for secrets where none may be: in text, files, packed files and processes, in many spellings."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

CANARIES = {
    name: f'{name}/c4"n&+%ry é\\<{number}f7Kq9Zt2Lw8Xv5>' for number, name in enumerate(("train", "serve", "image"))
}
"""Contents with what JSON, URLs, HTML and shells have to escape, and with a part that no escaping touches."""
CORE = re.compile(rb"[0-9]f7Kq9Zt2Lw8Xv5")


def spellings(content: str) -> dict[str, bytes]:
    """Return how a content may have been written, by the name of the spelling."""
    data = content.encode()
    found = {
        "plain": data,
        "json": json.dumps(content)[1:-1].encode(),
        "json unicode": json.dumps(content, ensure_ascii=False)[1:-1].encode(),
        "twice json": json.dumps(json.dumps(content))[3:-3].encode(),
        "url": quote(content, safe="").encode(),
        "url path": quote(content).encode(),
        "form": quote_plus(content).encode(),
        "hex": data.hex().encode(),
        "HEX": data.hex().upper().encode(),
        "reversed": content[::-1].encode(),
    }
    for shift in range(3):
        # Wherever the content begins in a longer text, its middle is spelled in one of three ways.
        inner = data[(3 - shift) % 3 :]
        inner = inner[: len(inner) // 3 * 3]
        found[f"base64+{shift}"] = base64.b64encode(inner)
        found[f"base64url+{shift}"] = base64.urlsafe_b64encode(inner)
    core = CORE.search(data)
    if core is not None:
        found["its core"] = core[0]
    return found


@dataclass(frozen=True, order=True)
class Found:
    """One place where one secret stands."""

    secret: str
    place: str
    spelling: str


@dataclass
class Search:
    """What is looked for, what was looked at (it is printed), and what was found."""

    secrets: Mapping[str, str]
    searched: list[str] = field(default_factory=list)
    found: set[Found] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._wanted = [(name, *pair) for name, text in self.secrets.items() for pair in spellings(text).items()]

    def text(self, place: str, data: bytes | str) -> None:
        """Look at bytes, and at what they hold packed."""
        whole = data.encode() if isinstance(data, str) else data
        self.searched.append(f"{place} ({len(whole)} bytes)")
        for layer, content in _layers(whole):
            for secret, spelling, wanted in self._wanted:
                if wanted in content:
                    self.found.add(Found(secret, place, spelling + layer))

    def tree(self, folder: Path) -> None:
        """Look at names and contents of all files below a folder."""
        for path in sorted(folder.rglob("*")):
            self.text(f"name of {path.relative_to(folder)}", path.name)
            if path.is_file() and not path.is_symlink():
                self.text(f"{folder.name}/{path.relative_to(folder)}", path.read_bytes())

    def process(self, name: str, pid: int) -> None:
        """Look at a running process's arguments and its environment."""
        for what in ("cmdline", "environ"):
            self.text(f"{what} of {name}", Path(f"/proc/{pid}/{what}").read_bytes())

    def places(self, secret: str) -> set[str]:
        """Return where a secret was found."""
        return {found.place for found in self.found if found.secret == secret}


def _layers(data: bytes) -> Iterable[tuple[str, bytes]]:
    yield "", data
    yield from _unpacked(data)


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"\x1f\x8b"):
        yield ", gzip", gzip.decompress(data)
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield f", zip member {name}", archive.read(name)
