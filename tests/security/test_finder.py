"""The search for secrets finds what it should: without this, "nothing was found" would mean nothing."""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.security.finder import CANARIES, Search

SECRET = CANARIES["serve"]


def planted(folder: Path, data: bytes) -> Search:
    (folder / "router.log").write_bytes(b"2026-03-04 INFO nothing to see\n" + data + b"\nmore\n")
    found = Search(CANARIES)
    found.tree(folder)
    return found


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        repr,
        lambda text: quote(text, safe=""),
        html.escape,
        lambda text: text.encode().hex(),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
        lambda text: base64.b64encode(f"me:{text} ".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"a{text}".encode()).decode(),
        lambda text: text[::-1],
    ],
    ids=["plain", "json", "unicode", "repr", "url", "html", "hex", "base64", "base64+2", "base64+1", "url64", "back"],
)
def test_a_secret_planted_in_a_log_is_found_in_every_spelling(tmp_path: Path, spell: Callable[[str], str]) -> None:
    found = planted(tmp_path, spell(SECRET).encode())
    assert found.places("serve") == {f"{tmp_path.name}/router.log"}
    assert not found.places("train")


def test_a_secret_in_a_packed_file_and_in_a_files_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(json.dumps({"a": SECRET}).encode()))
    with zipfile.ZipFile(tmp_path / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", json.dumps(SECRET))
    (tmp_path / quote(SECRET, safe="")).write_text("")
    assert len(planted(tmp_path, b"").places("serve")) == 3


def test_a_secret_in_a_processs_arguments_or_environment_is_found() -> None:
    code = "import sys; print('up', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, SECRET],
        env={**os.environ, "SOME": CANARIES["image"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        found = Search(CANARIES)
        found.process("it", process.pid)
        assert found.places("serve") == {"cmdline of it"}
        assert found.places("image") == {"environ of it"}
    finally:
        process.communicate()


def test_ordinary_text_holds_nothing(tmp_path: Path) -> None:
    assert not planted(tmp_path, os.urandom(100_000)).found
