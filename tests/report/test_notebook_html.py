"""What a notebook shows of everything that a client returns."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.report.planted_site import EVIL, SHOWN, applied, plant

import modelwright.client
from modelwright.client.batches import Scores
from modelwright.client.client import Client
from modelwright.client.connect import connect
from modelwright.client.costing import cost
from modelwright.client.endpoints import Prediction, Rollback
from modelwright.client.evaluating import Evaluation
from modelwright.client.html import LARGEST, definition_list, table
from modelwright.client.listing import Listing
from modelwright.client.models import Promotion
from modelwright.lifecycle.platform import Step

STYLES = ("text-align:left;vertical-align:top", "text-align:left;vertical-align:top;white-space:nowrap")
_NAMES = "div table caption b thead tbody tr th td details summary pre p code"
TAGS = frozenset(_NAMES.split())


class Strict(HTMLParser):
    """Refuses what is not closed, not known, or more than alignment; `text` is what a person reads."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.tags: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, f"<{tag}> has no place here"
        assert all(name == "style" and value in STYLES for name, value in attrs)
        self.open.append(tag)
        self.tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/> has no place here: {attrs}")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    made = applied(tmp_path_factory.mktemp("flights"))
    plant(made)
    yield made
    made.destroy(allow_data_loss=["foundation", "lake"])


@pytest.fixture(scope="module")
def returned(client: Client) -> list[Any]:
    """One of everything that a client's methods return."""
    document = json.loads(client.platform.store.get("evaluations/eval-2/result.json") or b"")
    return [
        client,
        client.status(),
        client.plan(),
        client.drift(),
        cost(client.platform),
        client.runs,
        client.runs["train-delay-3"],
        client.versions("delay"),
        client.version("delay:2"),
        Promotion(client.platform, "delay", "delay-p2"),
        client.history("delay-api"),
        client.monitor("delay-watch"),
        client.monitor("delay-watch").report(),
        Evaluation(document),
        Prediction(({"prediction": EVIL, "flags": [EVIL]},), 2, 1, "v2-r1", "id"),
        Scores("job", {"endpoint": EVIL, "to": "file:///x", "rows": 3}),
        Rollback(client.platform, "delay-api", EVIL),
        Listing("Steps", [Step("endpoint/delay-api", EVIL, busy=True)]),
    ]


def test_everything_a_client_returns_is_strict_html_of_a_bounded_size(returned: list[Any]) -> None:
    for value in returned:
        markup = value._repr_html_()
        assert len(markup.encode()) <= LARGEST
        strict = Strict(markup)
        assert "tr" in strict.tags or strict.text.endswith("none"), value


def test_everything_is_json_too_and_tables_are_frames(returned: list[Any]) -> None:
    for value in returned:
        if not isinstance(value, Client):
            json.dumps(value.to_dict())
        if hasattr(value, "to_pandas"):
            frame = value.to_pandas()
            assert len(frame) == 0 or len(frame.columns) > 0


def test_no_class_of_the_client_is_forgotten_here(returned: list[Any]) -> None:
    found = {
        each
        for module in pkgutil.iter_modules(modelwright.client.__path__)
        for _, each in inspect.getmembers(importlib.import_module(f"modelwright.client.{module.name}"), inspect.isclass)
        if hasattr(each, "_repr_html_") and each.__module__.startswith("modelwright.")
    }
    assert found - {type(value) for value in returned} == set()


def test_hostile_text_is_shown_as_text(returned: list[Any]) -> None:
    whole = "".join(Strict(value._repr_html_()).text for value in returned)
    assert whole.count(SHOWN) >= 5
    assert not set("\x1b\u202e") & set("".join(value._repr_html_() for value in returned))


def test_an_environment_before_its_first_up_says_so(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text('from modelwright import Project\nproject = Project("empty", [])\n')
    shown = Strict(connect(tmp_path / "project.py")._repr_html_()).text
    assert "never applied" in shown
    assert "modelwright up" in shown


def test_many_rows_are_folded_and_what_has_no_room_is_counted() -> None:
    rows = [{"number": number, "word": f"{EVIL}{number}" * 3} for number in range(5_000)]
    markup = table("Many", rows)
    strict = Strict(markup)
    assert len(markup.encode()) <= LARGEST
    assert strict.tags.count("details") == 1
    shown = strict.tags.count("tr") - 2
    assert f"{5_000 - shown:,} more are left out here" in strict.text
    assert "4999" not in strict.text


def test_what_is_long_is_folded_and_cut() -> None:
    values = {
        "words": "x" * 100_000,
        "numbers": list(range(3_000)),
        "short": [1, 2],
        "deep": {"a": {"b": [EVIL] * 400}},
    }
    markup = definition_list("Long", values)
    strict = Strict(markup)
    assert len(markup.encode()) <= LARGEST
    assert strict.tags.count("details") == 3
    assert "3,000 entries" in strict.text
    assert "more characters" in strict.text
    assert "1, 2" in strict.text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""), (0.70416, "0.7042"), (3.0, "3"), (True, "yes"), (float("nan"), ""), (12, "12"), ([1, "a"], "1, a"),
        ("2013-03-01T05:00:00.000000Z", "2013-03-01 05:00Z"), ("2013-03-01T05:00:07Z", "2013-03-01 05:00:07Z"),
        (["2013-03-01T00:00:00Z", "2013-03-08T00:00:00Z"], "2013-03-01 to 2013-03-08"), ({"auc": 0.5}, "auc: 0.5"),
        ([], ""),
    ],
)  # fmt: skip
def test_values_are_said_as_people_say_them(value: object, said: str) -> None:
    assert Strict(definition_list("title", {"name": value})).text == f"titlename{said}"


def test_random_junk_never_opens_an_element() -> None:
    letters = "<>&\"'/=! \x00\x1b\ud800\u202eab\n]]>-->{}"
    chance = random.Random(20130304)
    for _ in range(100):
        junk = ["".join(chance.choice(letters) for _ in range(chance.randrange(400))) for _ in range(4)]
        Strict(table(junk[0], [{junk[1]: junk[2], "x": {junk[3]: [junk[0]]}}]))
        Strict(definition_list(junk[0], {junk[1]: [junk[2]], "y": junk[3]}))


def test_a_listing_is_equal_to_its_values_and_survives_a_copy() -> None:
    listing = Listing("Numbers", [1, 2])
    assert listing == (1, 2)
    assert listing == [1, 2]
    assert listing != [2, 1]
    assert hash(listing) == hash((1, 2))
    copied = Listing(*listing.__getnewargs__())
    assert (copied.title, copied) == ("Numbers", listing)
