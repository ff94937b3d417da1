from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from modelwright.report.plots import bar, bar_chart, share_chart, sparkline, time_chart
from modelwright.report.values import Level, Marker, Point, Series

START = datetime(2013, 3, 1, tzinfo=UTC)
END = START + timedelta(days=10)
# The plot area without markers, from the frame's margins: x 52 to 744, y 230 (bottom) to 16 (top).
LEFT, RIGHT, BOTTOM, TOP = 52.0, 744.0, 230.0, 16.0
HOSTILE = '</svg><script>alert("1")</script>&'


def elements(html: str, css: str) -> list[ET.Element]:
    return [node for node in ET.fromstring(html).iter() if css in (node.get("class") or "").split()]


def number(node: ET.Element, name: str) -> float:
    return float(node.get(name, "nan"))


def test_points_stand_at_their_coordinates() -> None:
    points = (Point(START, 0.6), Point(START + timedelta(days=5), 0.7), Point(END, 0.8))
    chart = time_chart("auc", [Series("version 1", points)], start=START, end=END)
    dots = elements(chart, "dot")
    assert [number(dot, "cx") for dot in dots] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert [number(dot, "cy") for dot in dots] == [BOTTOM, (BOTTOM + TOP) / 2, TOP]
    (line,) = elements(chart, "line")
    assert line.get("points") == "52,230 398,123 744,16"


def test_whiskers_span_the_interval_and_alerts_have_a_ring() -> None:
    chart = time_chart(
        "auc", [Series("v", (Point(START, 0.7, 0.6, 0.8, alert=True, note="week 1"),))], start=START, end=END
    )
    (whisker,) = elements(chart, "whisker")
    assert (number(whisker, "y1"), number(whisker, "y2")) == (BOTTOM, TOP)
    assert len(elements(chart, "ring")) == 1
    assert "".join(elements(chart, "dot")[0].itertext()) == "week 1"


def test_a_missing_value_breaks_the_line() -> None:
    values = (0.6, 0.7, float("nan"), 0.8, 0.6)
    points = tuple(Point(START + timedelta(days=index), value) for index, value in enumerate(values))
    chart = time_chart("auc", [Series("v", points)], start=START, end=END)
    assert len(elements(chart, "line")) == 2
    assert len(elements(chart, "dot")) == 4
    assert "nan" not in chart


def test_a_threshold_is_a_level_line_with_its_label() -> None:
    points = (Point(START, 0.6), Point(END, 0.8))
    chart = time_chart("auc", [Series("v", points)], start=START, end=END, levels=[Level(0.7, "threshold 0.7")])
    (level,) = elements(chart, "level")
    assert number(level, "y1") == number(level, "y2") == 123.0
    assert "threshold 0.7" in chart


def test_labels_of_near_markers_do_not_overlap() -> None:
    near = [Marker(START + timedelta(hours=hour), f"release {hour}") for hour in range(6)]
    chart = time_chart("auc", [], start=START, end=END, markers=near)
    places = [
        (number(note, "x"), number(note, "y"), len(note.text or "")) for note in elements(chart, "release") if note.text
    ]
    for index, (x, y, length) in enumerate(places):
        for other_x, other_y, other_length in places[index + 1 :]:
            apart = other_x >= x + length * 5 or x >= other_x + other_length * 5
            assert y != other_y or apart
    assert all(y > 0 for _, y, _ in places)


def test_shares_are_stacked_to_a_hundred() -> None:
    steps = [(START, {"version 1": 90.0, "version 2": 10.0}), (START + timedelta(days=5), {"version 2": 100.0})]
    chart = share_chart("shares", steps, tints={"version 1": 1, "version 2": 2}, start=START, end=END)
    areas = elements(chart, "area")
    height = sum(number(area, "height") for area in areas[:2])
    first, second, third = sorted(areas, key=lambda area: (number(area, "x"), -number(area, "y")))
    assert number(first, "height") == pytest.approx(0.9 * height)
    assert number(second, "y") + number(second, "height") == pytest.approx(number(first, "y"))
    assert number(third, "x") == 398.0
    assert number(third, "x") + number(third, "width") == RIGHT
    assert number(third, "height") == pytest.approx(number(first, "height") + number(second, "height"))


def test_bars_are_as_long_as_their_shares() -> None:
    chart = bar_chart("columns", [("temp", (0.5, 0.25)), ("wind", (1.0, float("nan")))], names=["a", "b"])
    widths = [number(node, "width") for node in elements(chart, "bar")]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert widths[2] == pytest.approx(2 * widths[0])
    assert "not known" in chart


def test_a_bar_never_leaves_its_track() -> None:
    (filled,) = elements(bar(7.0, title="too much"), "bar")
    assert number(filled, "width") == 120.0


def test_a_sparkline_shows_its_threshold() -> None:
    drawing = sparkline(
        [Series("v", (Point(START, 0.1), Point(END, 0.4)))], threshold=0.2, start=START, end=END, title="psi"
    )
    (level,) = elements(drawing, "level")
    dots = elements(drawing, "dot")
    assert number(dots[1], "cy") < number(level, "y1") < number(dots[0], "cy")


@pytest.mark.parametrize(
    "chart",
    [
        time_chart("none", [], start=START, end=END),
        time_chart("empty", [Series("v", ())], start=START, end=START),
        share_chart("none", [], tints={}, start=START, end=END),
        bar_chart("none", [], names=["a"]),
        sparkline([], threshold=None, start=START, end=END, title="none"),
        time_chart("constant", [Series("v", (Point(START, 0.0), Point(END, 0.0)))], start=START, end=END),
    ],
)
def test_nothing_to_draw_is_drawn_without_a_crash(chart: str) -> None:
    ET.fromstring(chart)
    assert not re.search(r"\b(nan|inf)\b", chart)


def test_every_text_is_escaped() -> None:
    hostile = Point(START, 0.5, note=HOSTILE)
    charts = [
        time_chart(HOSTILE, [Series(HOSTILE, (hostile,))], start=START, end=END, unit=HOSTILE,
                   levels=[Level(0.5, HOSTILE)], markers=[Marker(START, HOSTILE)]),
        share_chart(HOSTILE, [(START, {HOSTILE: 100.0})], tints={HOSTILE: 1}, start=START, end=END),
        bar_chart(HOSTILE, [(HOSTILE, (0.5,))], names=[HOSTILE]),
        bar(0.5, title=HOSTILE),
    ]  # fmt: skip
    for chart in charts:
        ET.fromstring(chart)
        assert "<script" not in chart
