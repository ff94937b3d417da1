"""Where the files of a wheel lie in an image: modules, programs, headers and data, and the record of them."""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from modelwright.errors import IntegrityError
from modelwright.image.build import PACKAGES, PROGRAMS, ROOT
from modelwright.image.layers import Entry
from modelwright.image.wheels import Recorded, Wheel

INTERPRETER = b"#!/usr/bin/env python3"
_SCRIPT = """{interpreter}
import sys

from {module} import {first}

if __name__ == "__main__":
    sys.exit({call}())
"""
_OBJECT = re.compile(r"([A-Za-z_][\w.]*)\s*:\s*([A-Za-z_][\w.]*)\s*(?:\[.*\])?")
_PLACES = {"purelib": PACKAGES, "platlib": PACKAGES, "scripts": PROGRAMS, "data": f"{ROOT}/prefix"}
_REPLACED = ("RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json")
_INSTALLER = b"modelwright\n"


def installed(wheel: Wheel) -> Iterator[tuple[Entry, str]]:
    """Yield the entries of a wheel, each with the hash of its bytes, and last the RECORD of what was installed."""
    rows: list[tuple[str, str, str]] = []
    for entry, digest in _placed(wheel):
        rows.append((_from_packages(entry.path), digest, str(entry.size)))
        yield entry, digest
    record = f"{wheel.info}/RECORD"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([*sorted(rows), (record, "", "")])
    yield _small(f"{PACKAGES}/{record}", out.getvalue().encode())


def _placed(wheel: Wheel) -> Iterator[tuple[Entry, str]]:
    replaced = {f"{wheel.info}/{name}" for name in _REPLACED}
    for name in sorted(wheel.files):
        if name in replaced or name.endswith(".pyc") or "__pycache__" in PurePosixPath(name).parts:
            continue
        path, is_script = _place(wheel, name)
        if is_script and wheel.head(name, 8).startswith(b"#!python"):
            _, _, rest = wheel.read(name).partition(b"\n")
            yield _small(path, INTERPRETER + b"\n" + rest, executable=True)
            continue
        entry = wheel.entry(name, path)
        if is_script:
            entry = Entry(entry.path, entry.size, entry.open, executable=True)
        yield entry, _spelled(wheel.files[name])
    yield from _programs(wheel)
    yield _small(f"{PACKAGES}/{wheel.info}/INSTALLER", _INSTALLER)


def _place(wheel: Wheel, name: str) -> tuple[str, bool]:
    """Return where a file goes, and whether it is a script."""
    top, _, rest = name.partition("/")
    if top != f"{wheel.info.removesuffix('.dist-info')}.data":
        return f"{PACKAGES}/{name}", False
    scheme, _, path = rest.partition("/")
    if scheme == "headers":
        return f"{ROOT}/include/{wheel.name}/{path}", False
    if scheme not in _PLACES or not path:
        raise IntegrityError(f"{name} belongs nowhere", where=wheel.path.name)
    return f"{_PLACES[scheme]}/{path}", scheme == "scripts"


def _programs(wheel: Wheel) -> Iterator[tuple[Entry, str]]:
    """Yield the programs that entry points declare."""
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # names keep their case: configparser's own way
    try:
        parser.read_string(wheel.text(f"{wheel.info}/entry_points.txt"))
    except configparser.Error as error:
        raise IntegrityError("entry_points.txt cannot be read", where=wheel.path.name) from error
    for group in ("console_scripts", "gui_scripts"):
        for name, value in parser.items(group) if parser.has_section(group) else ():
            found = _OBJECT.fullmatch(value.strip())
            if found is None or not re.fullmatch(r"[\w.-]+", name):
                raise IntegrityError(f"the program {name!r} names no function", where=wheel.path.name)
            interpreter, first = INTERPRETER.decode(), found[2].partition(".")[0]
            text = _SCRIPT.format(interpreter=interpreter, module=found[1], first=first, call=found[2])
            yield _small(f"{PROGRAMS}/{name}", text.encode(), executable=True)


def _small(path: str, data: bytes, *, executable: bool = False) -> tuple[Entry, str]:
    recorded = Recorded("sha256", hashlib.sha256(data).digest(), len(data))
    return Entry.of_bytes(path, data, executable=executable), _spelled(recorded)


def _spelled(recorded: Recorded) -> str:
    return f"{recorded.algorithm}={base64.urlsafe_b64encode(recorded.digest).decode().rstrip('=')}"


def _from_packages(path: str) -> str:
    """Return a path as RECORD spells it: from the folder of packages."""
    inside = path.removeprefix(f"{PACKAGES}/")
    return inside if inside != path else f"../{path.removeprefix(f'{ROOT}/')}"
