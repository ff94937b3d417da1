"""`modelwright report` from the outside."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.shells import call
from tests.report.pages_read import pages
from tests.report.planted_site import applied, plant, put
from tests.waiting import eventually

from modelwright.client.client import Client


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    made = applied(tmp_path_factory.mktemp("a folder with spaces"))
    plant(made)
    yield made
    made.destroy(allow_data_loss=["foundation", "lake"])


@pytest.fixture
def folder(client: Client) -> Path:
    return client.workplace.place.folder


def test_the_document_lists_every_page_that_was_written(folder: Path, tmp_path: Path) -> None:
    said = call("report", "--to", str(tmp_path / "site"), "--json", folder=folder)
    assert said.status == 0, said.err
    result = said.document["result"]
    assert {page["path"] for page in result["pages"]} == set(pages(tmp_path / "site"))
    assert Path(result["index"]).is_file()
    assert all(page["bytes"] == (tmp_path / "site" / page["path"]).stat().st_size for page in result["pages"])
    assert "pages" in said.err
    assert len(said.err.splitlines()) < len(result["pages"])


def test_the_text_names_the_first_page(folder: Path, tmp_path: Path) -> None:
    said = call("report", "--to", str(tmp_path / "site"), folder=folder)
    assert str(tmp_path / "site" / "index.html") in said.out
    assert "first page" in said.out


def test_without_a_name_it_lies_beside_the_project(folder: Path) -> None:
    assert call("report", folder=folder).status == 0
    assert (folder / "report" / "index.html").is_file()


def test_a_folder_that_holds_something_else_is_a_wrong_call(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    said = call("report", "--to", str(tmp_path), "--json", folder=folder)
    assert said.status == 2
    assert said.document["diagnostics"][-1]["code"] == "MW1001"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_cannot_be_read_is_a_warning(client: Client, folder: Path, tmp_path: Path) -> None:
    key = "evaluations/eval-2/result.json"
    whole = client.platform.store.get(key) or b""
    put(client, key, b"not JSON")
    try:
        said = call("report", "--to", str(tmp_path / "site"), "--json", folder=folder)
    finally:
        put(client, key, whole)
    assert said.status == 0
    assert [one["where"] for one in said.document["result"]["unreadable"]] == [key]
    assert key in said.document["diagnostics"][0]["message"]
    assert f"warning: {key} cannot be read" in said.err


def test_before_the_first_up_there_is_nothing_to_report(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text('from modelwright import Project\nproject = Project("empty", [])\n')
    said = call("report", folder=tmp_path)
    assert said.status == 1
    assert "MW2201" in said.err
    assert not (tmp_path / "report").exists()


def test_open_shows_the_first_page_in_the_browser(folder: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown.txt"
    browser = tmp_path / "browser.py"
    browser.write_text(f"import pathlib, sys\npathlib.Path({str(shown)!r}).write_text(sys.argv[1])\n")
    command = f"{sys.executable} {browser} %s"
    code = "from modelwright.cli.main import main; main()"
    started = os.spawnve(
        os.P_WAIT, sys.executable,
        [sys.executable, "-c", code, "report", "-p", str(folder / "project.py"), "--to", f"{tmp_path}/site", "--open"],
        {**os.environ, "BROWSER": command},
    )  # fmt: skip
    assert started == 0
    assert eventually(lambda: shown.exists() and shown.read_text()) == (tmp_path / "site" / "index.html").as_uri()
