"""What a control store holds, read without modelwright: whole files, chained events, one champion at every prefix."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = b"MODELWRIGHT_PROCESS="


def wrong(control: Path) -> list[str]:
    """Return all that is wrong with a control store, in words."""
    return [*unreadable(control), *(fault for stream in streams(control).items() for fault in faults(*stream))]


def unreadable(control: Path) -> list[str]:
    """Return each file under a final name that cannot be read to its end."""
    found = []
    for path in sorted(control.rglob("*")):
        if path.is_file() and not path.name.startswith(".tmp-"):
            try:
                _read(path)
            except FileNotFoundError:
                continue  # replaced or removed while we looked
            except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
                found.append(f"{path.relative_to(control)}: {error!r}")
    return found


def _read(path: Path) -> None:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    name = path.name.removesuffix(".gz")
    if name.endswith(".json"):
        json.loads(data)
    elif name.endswith(".jsonl"):
        for line in data.splitlines():
            json.loads(line)
    elif name.endswith(".skops"):
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                raise ValueError("a member of the archive is damaged")
    elif not data and not name.endswith((".lock", ".txt")):
        raise ValueError("empty")


def streams(control: Path) -> dict[str, list[bytes]]:
    """Return the bytes of each stream's events, in the order of their numbers."""
    root, found = control / "ledger/v1", dict[str, list[bytes]]()
    for path in sorted(root.glob("*/*/[0-9]*.json")):
        found.setdefault(path.parent.relative_to(root).as_posix(), []).append(path.read_bytes())
    return found


def events(control: Path, stream: str) -> list[dict[str, Any]]:
    """Return a stream's events as JSON."""
    return [json.loads(data) for data in streams(control).get(stream, [])]


def faults(stream: str, stored: list[bytes]) -> Iterator[str]:
    """Yield what is wrong with a stream at any of its prefixes."""
    prev, keys = "", set[str]()
    for number, data in enumerate(stored, start=1):
        event = json.loads(data)
        if (event["stream"], event["seq"], event["prev"]) != (stream, number, prev):
            yield f"{stream}#{number} is {event['stream']}#{event['seq']} after {event['prev'] or 'nothing'}"
        if event["key"] in keys:
            yield f"{stream}#{number} repeats the key {event['key']}"
        keys.add(event["key"])
        prev = "sha256:" + hashlib.sha256(data).hexdigest()
    told = [json.loads(data) for data in stored]
    if stream.startswith("model/"):
        yield from _of_model(stream, told)
    if stream.startswith("endpoint/"):
        yield from _of_endpoint(stream, told)


def champions(told: list[dict[str, Any]], alias: str = "champion") -> list[int | None]:
    """Return whom an alias named after each event."""
    named: int | None = None
    found = []
    for event in told:
        if event["kind"] == "alias.set" and event["body"]["name"] == alias:
            named = event["body"]["version"]
        found.append(named)
    return found


def _of_model(stream: str, told: list[dict[str, Any]]) -> Iterator[str]:
    """Yield each alias that did not move from where it was, and each number or digest that two versions have."""
    aliases: dict[str, int | None] = {}
    approved, numbers, digests, asked = set[int](), set[int](), set[str](), 0
    for event in told:
        body, place = event["body"], f"{stream}#{event['seq']}"
        if event["kind"] == "version.registered":
            if body["version"] in numbers or body["digest"] in digests:
                yield f"{place} registers version {body['version']} again"
            numbers.add(body["version"])
            digests.add(body["digest"])
        elif event["kind"] == "version.approved":
            approved.add(body["version"])
        elif event["kind"] == "alias.set":
            if aliases.get(body["name"]) != body["expected"]:
                yield f"{place} moves {body['name']} from {body['expected']}, it was at {aliases.get(body['name'])}"
            if body["name"] == "champion" and body["version"] not in approved:
                yield f"{place} makes version {body['version']} the champion, which nobody approved"
            aliases[body["name"]] = body["version"]
        elif event["kind"].startswith("promotion."):
            asked += 1 if event["kind"] == "promotion.requested" else -1
            if asked not in {0, 1}:
                yield f"{place}: {asked} promotions are under way"


def _of_endpoint(stream: str, told: list[dict[str, Any]]) -> Iterator[str]:
    """Yield each moment with two releases under way or with shares that are no whole, and each release live twice."""
    moving, lived = set[int](), set[int]()
    for event in told:
        body, place = event["body"], f"{stream}#{event['seq']}"
        release = body.get("release")
        if event["kind"] == "release.planned":
            moving.add(release)
            if len(moving) > 1:
                yield f"{place}: releases {sorted(moving)} are under way at once"
        elif event["kind"] in {"release.live", "release.failed"} or (
            event["kind"] == "rollback.done" and event["key"].endswith("/aborted")
        ):
            moving.discard(release)
            if event["kind"] == "release.live" and release in lived:
                yield f"{place}: release {release} is live a second time"
            lived |= {release} if event["kind"] == "release.live" else set()
        elif event["kind"] == "traffic.set" and sum(body["weights"].values()) not in {0, 100}:
            yield f"{place}: shares {body['weights']}"


def captured(control: Path, endpoint: str) -> list[dict[str, Any]]:
    """Return every captured row of an endpoint."""
    rows = []
    for path in sorted((control / "capture" / endpoint).rglob("*.jsonl.gz")):
        rows += [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return rows


def processes_of(folder: Path) -> dict[int, str]:
    """Return every living process of a folder, as the system itself tells: by its mark, arguments or open files."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}:
                continue
            named = _names(entry)
        except OSError:
            continue
        inside = [name for name in named if name.startswith(f"{folder}/")]
        if inside and int(entry.name) != os.getpid():
            found[int(entry.name)] = inside[0].removeprefix(f"{folder}/")
    return found


def _names(process: Path) -> list[str]:
    """Return what a process was marked with, was given as arguments, and writes to."""
    marks = [item for item in (process / "environ").read_bytes().split(b"\0") if item.startswith(MARK)]
    argv = (process / "cmdline").read_bytes().split(b"\0")
    said = [item.decode(errors="replace") for item in [*(mark.removeprefix(MARK) for mark in marks), *argv]]
    return [*said, *(str(link.readlink()) for number in ("1", "2") if (link := process / "fd" / number).is_symlink())]
