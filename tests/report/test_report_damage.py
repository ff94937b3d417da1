"""Sites of environments with nothing in them, with missing and damaged pieces, and with very many events."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.report.pages_read import broken_links, foreign, pages, rows, section, text_of
from tests.report.planted_site import EVIL, START, WEEK, applied, plant

from modelwright.client.client import Client
from modelwright.client.connect import connect
from modelwright.errors import NotAppliedError
from modelwright.ledger.event import Actor, Event
from modelwright.ledger.stream import ROOT
from modelwright.report.address import EVENTS
from modelwright.report.site import write_site
from modelwright.store import local_path


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    made = applied(tmp_path_factory.mktemp("planted"))
    plant(made)
    yield made
    made.destroy(allow_data_loss=["foundation", "lake"])


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Client]:
    (tmp_path / "project").mkdir()
    made = applied(tmp_path / "project")
    yield made
    made.destroy(allow_data_loss=["foundation", "lake"])


@contextlib.contextmanager
def damaged(client: Client, key: str, data: bytes | None) -> Iterator[None]:
    """Put other bytes in an object's place, or take it away, for a while."""
    path = file_of(client, key)
    whole = path.read_bytes()
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(whole)


def file_of(client: Client, key: str) -> Path:
    return local_path(client.platform.store.uri) / key


def needs(site: dict[str, Any]) -> list[str]:
    return [
        " ".join("".join(node.itertext()).split()) for node in section(site["index.html"], "Needs somebody").iter("li")
    ]


def test_an_environment_with_nothing_released_says_so(bare: Client, tmp_path: Path) -> None:
    made = write_site(bare, tmp_path / "site")
    site = pages(made.folder)
    assert made.troubles == ()
    assert set(site) == {
        "index.html", "served.html", "ledger/index.html", "models/delay/index.html", "endpoints/delay-api.html",
        "endpoints/quiet-api.html", "endpoints/scores.html", "monitors/delay-watch.html",
    }  # fmt: skip
    assert list(broken_links(site)) == []
    assert "Nothing: no alarm, nothing that waits for a person, nothing that fails." in text_of(site["index.html"])
    assert "Nothing was decided yet." in text_of(site["ledger/index.html"])
    assert "No window has closed yet." in text_of(site["monitors/delay-watch.html"])


def test_an_environment_that_was_never_applied_has_no_site(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text('from modelwright import Project\nproject = Project("empty", [])\n')
    with pytest.raises(NotAppliedError):
        write_site(connect(tmp_path / "project.py"), tmp_path / "site")
    assert not (tmp_path / "site").exists()


PAGES = 19
DAMAGES = [
    ("runs/train-delay-1/result.json", b"{half a docu"),
    ("runs/train-delay-1/result.json", b'{"schema": "modelwright.run/9"}'),
    ("runs/train-delay-1/result.json", b'{"schema": "modelwright.run/1", "trials": 7, "inputs": [1], "figures": 3}'),
    ("runs/train-delay-1/metrics.jsonl", b'{"step": 1, "values": {"loss": 1}}\n\xff\xfe'),
    ("evaluations/eval-2/result.json", b'{"schema": "modelwright.evaluation/1", "metrics": {"x": []}, "rows": "many"}'),
    ("results/delay-watch/20130311T000000Z/1/auc.0.json", b"\x00"),
    ("results/delay-watch/20130311T000000Z/1/bias.0.json", b"[]"),
]


@pytest.mark.parametrize(("key", "data"), DAMAGES)
def test_a_damaged_document_is_shown_as_such_and_hides_nothing_else(
    client: Client, tmp_path: Path, key: str, data: bytes
) -> None:
    with damaged(client, key, data):
        made = write_site(client, tmp_path / "site")
    site = pages(made.folder)
    assert len(made.pages) == PAGES
    assert made.troubles
    assert len([one for one in needs(site) if one.startswith("unreadable")]) == len(made.troubles)
    assert {path: found for path, page in site.items() if (found := foreign(page))} == {}
    assert "0.71" in text_of(site["monitors/delay-watch.html"])


def test_missing_model_files_and_profiles_are_named(client: Client, tmp_path: Path) -> None:
    first, second = (client.version(f"delay:{n}").digest.removeprefix("sha256:") for n in (1, 2))
    with damaged(client, f"models/{first}/model.skops", None), damaged(client, f"models/{second}/manifest.json", None):
        site = pages(write_site(client, tmp_path / "site").folder)
    assert rows(section(site["models/delay/1.html"], "Files"))[0][:3] == ["model.skops", "9 B", "missing"]
    assert "Its manifest is missing or cannot be read." in text_of(site["models/delay/2.html"])


def test_a_broken_stream_is_named_and_the_others_are_shown(client: Client, tmp_path: Path) -> None:
    project = client.workplace.place.folder / "project.py"
    with damaged(client, f"{ROOT}endpoint/delay-api/000000000002.json", b"{}"):
        made = write_site(connect(project, clock=client.clock), tmp_path / "site")
    site = pages(made.folder)
    assert "This stream cannot be read" in text_of(site["ledger/endpoint.delay-api.html"])
    assert [one for one in needs(site) if one.startswith("unreadable ledger/v1/endpoint/delay-api")]
    assert "train-delay-2" in text_of(site["runs/train-delay-2.html"])
    assert "auc >= 0.65" in text_of(site["models/delay/2.html"])


def test_a_kind_of_event_from_a_later_version_is_named(bare: Client, tmp_path: Path) -> None:
    bare.platform.endpoint("delay-api").append("release.teleported", {"release": 1}, key="1", reason=EVIL)
    site = pages(write_site(bare, tmp_path / "site").folder)
    assert "unknown event kind" in " ".join(needs(site))
    assert "release.teleported" in text_of(site["ledger/endpoint.delay-api.html"])


BODIES: list[dict[str, Any]] = [{}, {"release": None}, {"release": 1, "weights": 3, "mirror": [], "versions": {}}]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kind", ["release.planned", "traffic.set", "step.done", "rollback.started"])
def test_an_event_with_a_strange_body_hides_no_other(
    client: Client, tmp_path: Path, kind: str, body: dict[str, Any]
) -> None:
    stream = client.platform.endpoint("delay-api")
    seq, prev = stream.head
    event = Event(
        stream=stream.name, seq=seq + 1, prev=prev, kind=kind, key="strange", at=START + 5 * WEEK, recorded=START,
        actor=Actor("ana"), body=body,
    )  # fmt: skip
    path = file_of(client, f"{ROOT}{stream.name}/{seq + 1:012d}.json")
    path.write_bytes(event.to_bytes())
    try:
        made = write_site(connect(client.workplace.place.folder / "project.py", clock=client.clock), tmp_path / "site")
    finally:
        path.unlink()
    site = pages(made.folder)
    assert made.troubles or kind == "rollback.started"
    assert list(broken_links(site)) == []
    assert f"e{seq + 1}" in {node.get("id") for node in site["ledger/endpoint.delay-api.html"].iter("a")}
    assert "auc >= 0.65" in text_of(site["models/delay/2.html"])


HOSTILE = [
    "../../../escaped",
    "..",
    "/absolute",
    "con\\nul",
    "a" * 300,
    "<b>",
    "\N{LATIN SMALL LETTER E WITH ACUTE}" * 80,
]


def test_no_name_leaves_the_folder(bare: Client, tmp_path: Path) -> None:
    for number, run in enumerate(HOSTILE):
        queued = {"run": run, "hyperparameters": {}, "origin": "person", "data": ""}
        bare.platform.training("train-delay").append("run.queued", queued, key=str(number))
    made = write_site(bare, tmp_path / "deep" / "er" / "site")
    site = pages(made.folder)
    assert list(broken_links(site)) == []
    runs = {page.title: page.path for page in made.pages if page.kind == "run"}
    assert set(runs) == set(HOSTILE)
    assert len(set(runs.values())) == len(HOSTILE)
    for run, path in runs.items():
        assert re.fullmatch(r"runs/[A-Za-z0-9_.~-]{1,120}\.html", path)
        assert run in "".join(site[path].itertext())
    assert {path.name for path in (tmp_path / "deep" / "er").iterdir()} == {"site"}


def plant_stream(client: Client, name: str, many: int) -> None:
    """Write a chain of events at once: one after the other they would take seconds."""
    prev = ""
    for seq in range(1, many + 1):
        event = Event(
            stream=name, seq=seq, prev=prev, kind="approval.given", key=str(seq), at=START, recorded=START,
            actor=Actor("ana"), body={"version": seq, "role": "reviewer"},
        )  # fmt: skip
        path = file_of(client, f"{ROOT}{name}/{seq:012d}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(event.to_bytes())
        prev = event.digest


def test_a_long_stream_has_several_pages_and_every_event_a_place(bare: Client, tmp_path: Path) -> None:
    plant_stream(bare, "approval/delay", EVENTS + 3)
    made = write_site(bare, tmp_path / "site")
    site = pages(made.folder)
    assert list(broken_links(site)) == []
    first, second = site["ledger/approval.delay.html"], site["ledger/approval.delay.2.html"]
    places = [node.get("id") for page in (first, second) for node in page.iter("a") if node.get("id")]
    assert places == [f"e{number}" for number in range(1, EVENTS + 4)]


def test_what_is_not_declared_any_more_keeps_its_page(bare: Client, tmp_path: Path) -> None:
    body = {"checks": [], "window": ["2013-03-11T00:00:00.000000Z", "2013-03-18T00:00:00.000000Z"], "versions": [1]}
    bare.ledger.stream("monitor/gone-watch").append("monitor.healthy", body, key="1")
    site = pages(write_site(bare, tmp_path / "site").folder)
    assert "does not declare it any more" in text_of(site["monitors/gone-watch.html"])
