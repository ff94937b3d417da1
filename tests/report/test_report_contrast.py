"""Every colour of the pages is readable on every ground it stands on: WCAG 2.2, 4.5 to 1, in light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = files("modelwright.report").joinpath("page.css").read_text()
TICKS = 0.75
"""How opaque the ticks of an axis are."""


def colours(dark: bool) -> dict[str, tuple[int, ...]]:
    """Return the page's colours by name, of the dark page where it says otherwise."""
    light, night = re.findall(r":root\{(.*?)\}", CSS, re.DOTALL)
    found = dict(re.findall(r"--(\w+):(#\w+)", light + (night if dark else "")))
    wide = {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in found.items()
    }
    return {name: tuple(int(value[i : i + 2], 16) for i in (1, 3, 5)) for name, value in wide.items()}


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ground", ["bg", "panel"])
def test_every_colour_is_readable_on_every_ground(ground: str, dark: bool) -> None:
    known = colours(dark)
    names = set(known) - {"bg", "panel", "edge"}
    assert names == {"fg", "soft", "link", "bad", "good", "c1", "c2", "c3", "c4", "c5", "c6"}
    low = {name: round(found, 2) for name in names if (found := contrast(known[name], known[ground])) < 4.5}
    assert low == {}
    tick = tuple(TICKS * a + (1 - TICKS) * b for a, b in zip(known["fg"], known[ground], strict=True))
    assert contrast(tick, known[ground]) >= 4.5


def test_the_two_schemes_differ() -> None:
    assert luminance(colours(dark=False)["bg"]) > 0.9
    assert luminance(colours(dark=True)["bg"]) < 0.05
