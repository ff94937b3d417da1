"""The static site of a planted environment, read by a strict parser."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.report.pages_read import broken_links, foreign, misplaced, pages, rows, section, text_of
from tests.report.planted_site import EVIL, PIXEL, SHOWN, applied, plant, write_log

from modelwright.client.client import Client
from modelwright.errors import UsageError
from modelwright.report.site import MARK, Site, write_site

Pages = dict[str, ET.Element]
NONE = "\N{EN DASH}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    made = applied(tmp_path_factory.mktemp("flights"))
    plant(made)
    yield made
    made.destroy(allow_data_loss=["foundation", "lake"])


@pytest.fixture(scope="module")
def site(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return write_site(client, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def read(site: Site) -> Pages:
    return pages(site.folder)


def test_everything_has_its_page(site: Site, read: Pages) -> None:
    assert set(read) == {page.path for page in site.pages} == {
        "index.html", "served.html", "ledger/index.html", "models/delay/index.html", "models/delay/1.html",
        "models/delay/2.html", "runs/train-delay-1.html", "runs/train-delay-2.html", "runs/train-delay-3.html",
        "runs/train-delay-4.html", "endpoints/delay-api.html", "endpoints/quiet-api.html", "endpoints/scores.html",
        "monitors/delay-watch.html",
        "ledger/endpoint.delay-api.html", "ledger/model.delay.html", "ledger/approval.delay.html",
        "ledger/monitor.delay-watch.html", "ledger/training.train-delay.html",
    }  # fmt: skip
    assert site.troubles == ()
    assert not [path for path, page in read.items() if "cannot be shown" in text_of(page)]


def test_hostile_names_are_text_and_nothing_else(read: Pages) -> None:
    assert {path: found for path, page in read.items() if (found := [*foreign(page), *misplaced(page)])} == {}
    for path in (
        "models/delay/1.html",
        "runs/train-delay-1.html",
        "monitors/delay-watch.html",
        "ledger/model.delay.html",
    ):
        assert SHOWN in "".join(read[path].itertext()), path


def test_control_characters_never_reach_a_page(site: Site) -> None:
    for page in site.pages:
        assert not set((site.folder / page.path).read_text()) & {"\x1b", "\u202e", "\x00"}


def test_every_link_leads_to_a_page_and_a_place_on_it(read: Pages) -> None:
    assert list(broken_links(read)) == []
    reached = {"index.html"}
    for path, page in read.items():
        base = Path("/") / Path(path).parent
        hrefs = [node.get("href", "").partition("#")[0] for node in page.iter("a")]
        reached |= {str((base / href).resolve().relative_to("/")) for href in hrefs if href}
    assert reached == set(read)


def test_the_same_ledger_gives_the_same_bytes(client: Client, site: Site, tmp_path: Path) -> None:
    again = write_site(client, tmp_path / "again")
    assert again.pages == site.pages
    for page in site.pages:
        assert (again.folder / page.path).read_bytes() == (site.folder / page.path).read_bytes()


def test_the_index_says_what_serves_and_what_needs_somebody(read: Pages) -> None:
    index = read["index.html"]
    (live, quiet, scores) = rows(section(index, "Serves now"))
    assert live[:4] == ["delay-api", "live", "1", "version 1 100 %"]
    assert quiet[:4] == ["quiet-api", "awaiting", NONE, "nothing yet"]
    assert scores[:2] == ["scores", "awaiting"]
    needs = ["".join(node.itertext()) for node in section(index, "Needs somebody").iter("li")]
    assert any(one.startswith("violated delay-watch: auc") for one in needs)
    assert any(
        one.startswith("waiting delay:2 is on its way") and one.endswith("approval by reviewer") for one in needs
    )
    assert any(one.startswith("rolled back delay-api: release 2, error_rate 0.052 > 0.01") for one in needs)


def test_a_card_shows_intervals_gates_approvals_and_whom_it_beat(read: Pages) -> None:
    card = read["models/delay/2.html"]
    (compared,) = rows(section(card, "Metrics"))
    assert compared == ["auc", "delay:1", "0.0562", "0.02 to 0.0974", "0.005 at 95 %", "0.998", "passed"]
    assert "auc on 7,196 rows in 2 blocks" in text_in(section(card, "Metrics"))
    gates = {row[0]: row[1] for row in rows(section(card, "Gates"))}
    assert gates == {
        "auc >= 0.65": "passed", "auc beats champion by 0.005 at 95%": "passed", "approval by reviewer": "waiting",
    }  # fmt: skip
    assert "delay:1 by 0.0562 of auc" in text_in(section(card, "Lineage"))
    assert "auc on 90 rows in 1 block (eval-delay-1-asked)" in text_in(section(read["models/delay/1.html"], "Metrics"))
    assert "eval-delay-1-asked" not in text_in(card)
    (approval,) = rows(section(read["models/delay/1.html"], "Approvals"))
    assert approval[0] == "approved"
    assert approval[2] == "reviewer"


def text_in(node: ET.Element) -> str:
    return " ".join("".join(node.itertext()).split())


def test_a_card_shows_data_signature_limits_and_files(read: Pages) -> None:
    card = read["models/delay/1.html"]
    (data,) = rows(section(card, "Training data"))
    assert data[:4] == ["flights", "lake/flights", "56", "2013-01-01, 2013-01-02"]
    assert "5,000 rows" in text_in(section(card, "Training data"))
    temp = rows(section(card, "Signature"))[0]
    assert temp == ["temp", "float64", "yes", "2 %", NONE]
    limits = text_in(section(card, "Known limits"))
    assert "drift.temp 40 %" in limits
    assert "delay-api flags distance outside 0 to 6,000" in limits
    assert "delay-api abstains from predictions with a confidence below 0.55" in limits
    assert "changes that were not committed" in limits
    (file,) = rows(section(card, "Files"))
    assert file[:3] == ["model.skops", "9 B", "yes"]


def test_a_card_shows_what_it_served_when(read: Pages) -> None:
    served = [row[1:6] for row in rows(section(read["models/delay/2.html"], "What it served when"))]
    assert served == [
        ["1", "v2-r1-shadow", "mirrored 100 %", "2013-03-11 00:00", "2013-03-12 00:00"],
        ["2", "v2-r2", "10 %", "2013-03-12 00:00", "2013-03-13 00:00"],
    ]
    whole = [row[1:6] for row in rows(section(read["served.html"], "delay-api"))]
    assert whole[-1] == ["1", "version 1", "100 %", "2013-03-13 00:00", "now"]


def test_a_run_shows_curves_trials_files_and_figures(read: Pages) -> None:
    run = read["runs/train-delay-2.html"]
    titles = ["".join(node.itertext()) for node in run.iter("figcaption")]
    assert any(title.startswith("loss") for title in titles)
    trials = rows(section(run, "Trials"))
    assert [row[:4] for row in trials] == [
        ["1", "succeeded", "0.61", "0.05"], ["2 best", "succeeded", "0.7", "0.2"], ["3", "succeeded", "0.66", "0.29"],
    ]  # fmt: skip
    assert "depth 3" in text_in(section(run, "Trials"))
    figures = section(run, "Figures")
    assert [node.get("alt") for node in figures.iter("img")] == ["roc"]
    assert "shap.html" in text_in(figures)
    assert "gone.svg is missing" in text_in(figures)
    assert ["figures/roc.png", f"{len(PIXEL)} B", NONE] in rows(section(run, "Files"))
    assert "c0ffee with changes" in text_in(section(run, "Surroundings"))


def test_a_failed_run_shows_the_users_own_lines(read: Pages) -> None:
    failed = section(read["runs/train-delay-3.html"], "Why it failed")
    assert "ValueError: no rows" in text_in(failed)
    (trace,) = failed.iter("pre")
    assert trace.text == "training.py:7 in train\n  raise"


def test_an_endpoint_shows_releases_rollouts_and_rules(read: Pages) -> None:
    endpoint = read["endpoints/delay-api.html"]
    releases = rows(section(endpoint, "Releases"))
    assert [row[:3] for row in releases] == [["2", "version 2", "rolled back"], ["1", "version 1", "live"]]
    assert "error_rate 0.052 > 0.01" in releases[0][6]
    rollouts = text_in(section(endpoint, "Rollouts"))
    assert "canary at 10 % for 10 min each; goes back when error_rate > 0.01" in rollouts
    assert "(11 errors in 212 requests)" in rollouts
    assert "Rollout of release 2" in text_in(section(endpoint, "Traffic"))
    quiet = text_in(read["endpoints/quiet-api.html"])
    assert "Nothing was released yet." in quiet


def test_a_monitor_shows_every_window_its_bounds_and_what_it_caused(read: Pages) -> None:
    monitor = read["monitors/delay-watch.html"]
    cells = [(node.get("class") or "") for node in monitor.iter() if (node.get("class") or "").startswith("cell")]
    assert (cells.count("cell violated"), cells.count("cell insufficient")) == (2, 1)
    auc = rows(section(monitor, "Performance"))[0]
    assert auc[:2] == ["auc", "violated"]
    assert auc[4:9] == ["minimum 0.66", "1 of 2", "97 %", NONE, "1"]
    (revised,) = rows(section(monitor, "Revised afterwards"))
    assert revised[3:6] == ["0.65 (violated)", "0.67 (ok)", "1"]
    assert "train-delay-4 because of training/train-delay#10" in text_in(section(monitor, "What it caused"))
    assert rows(section(monitor, "Alerts"))[0][2] == "yes"
    assert len(rows(section(monitor, "Mirrored traffic"))) == 3


def test_a_long_log_is_shown_by_its_end(client: Client, tmp_path: Path) -> None:
    write_log(client, "train-delay-1", "".join(f"line {n} {'x' * 400}\n" for n in range(5_000)) + f"\x1b[31mend {EVIL}")
    page = pages(write_site(client, tmp_path / "site").folder)["runs/train-delay-1.html"]
    (log,) = section(page, "Log").iter("pre")
    shown = "".join(log.itertext()).splitlines()
    assert len(shown) == 80
    assert shown[0].startswith("line 4921 ")
    assert shown[-1].startswith(f"end {SHOWN}")
    write_log(client, "train-delay-1", "")


def test_secrets_appear_by_name_only(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "hunter2-hunter2"
    for name in ("API_KEY", "SLACK_HOOK", "TRAIN_TOKEN"):
        monkeypatch.setenv(f"MODELWRIGHT_SECRET_{name}", value)
    made = write_site(client, tmp_path / "site")
    whole = "".join((made.folder / page.path).read_text() for page in made.pages)
    assert "secret api-key" in whole
    assert "secret slack-hook" in whole
    assert value not in whole
    assert base64.b64encode(value.encode()).decode() not in whole


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(client: Client, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(UsageError, match="holds something else than a report"):
        write_site(client, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match="is no folder"):
        write_site(client, tmp_path / "thesis.txt")


def test_a_first_report_that_was_killed_at_once_is_no_stranger(client: Client, site: Site, tmp_path: Path) -> None:
    (tmp_path / f".{MARK}.new").write_bytes(b'{"pag')
    assert write_site(client, tmp_path).pages == site.pages


def test_a_report_that_was_killed_half_way_is_finished_by_the_next(client: Client, site: Site, tmp_path: Path) -> None:
    seen: list[str] = []

    def stop(path: str, number: int, _many: int) -> None:
        seen.append(path)
        if number == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_site(client, tmp_path / "site", progress=stop)
    assert len(seen) == 5
    (tmp_path / "site" / ".index.html.new").write_bytes(b"<html>")
    assert write_site(client, tmp_path / "site").pages == site.pages
    left = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert left == {page.path for page in site.pages} | {MARK}


def test_an_earlier_report_is_replaced_and_strangers_beside_it_stay(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    first = write_site(client, folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "old.html").write_text("of a run that was pruned")
    mark = json.loads((folder / MARK).read_text())
    (folder / MARK).write_text(json.dumps({**mark, "pages": [*mark["pages"], "old.html", "../outside.html"]}))
    (tmp_path / "outside.html").write_text("not ours")
    assert write_site(client, folder).pages == first.pages
    assert not (folder / "old.html").exists()
    assert (folder / "notes.txt").read_text() == "mine"
    assert (tmp_path / "outside.html").exists()
