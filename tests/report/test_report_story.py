from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from tests.report.planted_story import CANARY, END, START, story

from modelwright.report.series import Drifted, StoryData, Window
from modelwright.report.story import render_story

SECTIONS = ["Quality in service", "Drift of the inputs", "Traffic", "Decisions", "Releases"]


def tree(page: str) -> ET.Element:
    """Return the page as XML: it is written so that it is both."""
    return ET.fromstring(page.removeprefix("<!doctype html>\n"))


def test_the_page_is_well_formed_and_has_every_section() -> None:
    page = tree(render_story(story()))
    assert [heading.text for heading in page.iter("h2")] == SECTIONS


class Addresses(HTMLParser):
    """Collects whatever a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "srcset", "data", "poster"}]
        if tag in {"script", "link", "iframe", "object", "embed", "img"}:
            self.found.append(tag)


def test_the_page_fetches_nothing_and_forbids_it() -> None:
    page = render_story(story())
    addresses = Addresses()
    addresses.feed(page)
    assert addresses.found == []
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(", page)
    outside = set(re.findall(r"https?://[^\s\"'<)]+", page)) - {"http://www.w3.org/2000/svg"}
    assert outside == set()


def test_the_page_is_readable_in_light_and_dark() -> None:
    page = render_story(story())
    assert "prefers-color-scheme:dark" in page
    assert "currentColor" in page
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert not re.search(r'(?:fill|stroke)="', drawings), "colours come from the page's styles"


def test_every_window_with_a_value_is_a_point_and_every_violation_a_ring() -> None:
    data = story()
    page = tree(render_story(data))
    chart = next(
        node for node in page.iter("{http://www.w3.org/2000/svg}svg") if "auc" in (node.get("aria-label") or "")
    )
    classes = [(node.get("class") or "").split() for node in chart.iter()]
    windows = data.measured[0].windows
    assert sum("dot" in names for names in classes) == sum(window.value is not None for window in windows) == 16
    assert sum("ring" in names for names in classes) == sum(window.status == "violated" for window in windows) == 4
    assert {"t1", "t2"} <= {name for names in classes for name in names}


def test_drift_stands_beside_its_false_alarms() -> None:
    rows = ["".join(row.itertext()) for row in tree(render_story(story())).iter("tr")]
    (pressure,) = [row for row in rows if row.startswith("pressure")]
    assert "8 of 8" in pressure
    assert "93%" in pressure
    (carrier,) = [row for row in rows if row.startswith("<carrier> & co")]
    assert "not known" in carrier


def test_only_rollouts_with_steps_get_a_chart_of_their_own() -> None:
    page = render_story(story())
    assert re.findall(r"<figcaption>Rollout of release (\d+)", page) == ["2", "3"]


def test_decisions_and_releases_are_listed_in_order() -> None:
    page = render_story(story())
    events = re.findall(r"<code>([^<]+)</code>", page)
    assert events == [one.source for one in story().decisions]
    assert page.index("rolled back") > page.index("Releases")


def test_hostile_text_is_escaped_everywhere() -> None:
    hostile = '<img src=x onerror="alert(1)">'
    data = story(hostile)
    decisions = tuple(replace(one, what=hostile, why=hostile, evidence=hostile, by=hostile) for one in data.decisions)
    releases = tuple(replace(one, versions=hostile, reason=hostile) for one in data.releases)
    page = render_story(
        replace(
            data, subtitle=hostile, footer=hostile, facts=((hostile, hostile),), decisions=decisions, releases=releases
        )
    )
    assert "<img" not in page
    tree(page)


@pytest.mark.parametrize("end", [START, START + timedelta(days=1)])
def test_an_empty_story_is_a_page(end: object) -> None:
    assert end is not None
    page = render_story(StoryData("nothing yet", "", START, START + timedelta(minutes=1)))
    assert "No window has closed" in page
    tree(page)


def test_a_rollout_is_drawn_on_its_own_scale() -> None:
    page = tree(render_story(story()))
    charts = [
        node
        for node in page.iter("{http://www.w3.org/2000/svg}svg")
        if "Rollout of release 2" in (node.get("aria-label") or "")
    ]
    (chart,) = charts
    areas = [node for node in chart.iter() if "area" in (node.get("class") or "").split()]
    canary = [node for node in areas if "t2" in (node.get("class") or "").split()]
    assert len(canary) == 3
    widths = [float(node.get("width", "0")) for node in canary[:2]]
    assert widths[0] == pytest.approx(widths[1], abs=0.02)  # ten minutes each
    assert CANARY < END


def test_each_version_is_measured_against_its_own_threshold() -> None:
    windows = tuple(
        Window(
            START + timedelta(days=7 * index),
            START + timedelta(days=7 * index + 7),
            version,
            status,
            value,
            threshold=limit,
        )
        for index, (version, status, value, limit) in enumerate([(1, "ok", 0.4, 0.8), (2, "violated", 0.3, 0.1)])
    )
    page = render_story(replace(story(), drifted=(Drifted("temp", "psi", windows, 0.05),)))
    row = next(row for row in tree(page).iter("tr") if "".join(row.itertext()).startswith("temp"))
    dots = [node for node in row.iter() if "dot" in (node.get("class") or "").split()]
    level = next(node for node in row.iter() if node.get("class") == "level")
    heights = [float(node.get("cy", "nan")) for node in dots]
    base = 39.0  # the sparkline's lower edge: 44 high, 5 below
    assert (base - heights[0]) / (base - float(level.get("y1", "nan"))) == pytest.approx(0.5, abs=0.01)
    assert (base - heights[1]) / (base - float(level.get("y1", "nan"))) == pytest.approx(3.0, abs=0.01)
    assert "0.8, 0.1" in "".join(row.itertext())
