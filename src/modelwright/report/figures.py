"""Figures that training code logged, shown as images in the page, which run nothing and fetch nothing."""

from __future__ import annotations

from base64 import b64encode

from modelwright.report.element import el
from modelwright.report.page import Markup
from modelwright.report.parts import note
from modelwright.report.wording import size

_LARGEST = 2 * 1024 * 1024
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml"}


def figure_of(key: str, data: bytes | None) -> Markup:
    """Return a figure as an image inside the page, or where to find one that is no image, is too large or is gone."""
    name = key.rpartition("/")[2]
    title, _, kind = name.rpartition(".")
    if data is None:
        return note(f"{name} is missing or cannot be read.", "bad")
    if kind not in _TYPES:
        return note(f"{name} ({size(len(data))}) may run code, so it is not shown here; it lies at {key} of the run.")
    if len(data) > _LARGEST:
        return note(f"{name} has {size(len(data))} and is not shown here; it lies at {key} of the run.")
    address = f"data:{_TYPES[kind]};base64,{b64encode(data).decode()}"
    return el("figure", el("figcaption", title or name), el("img", src=address, alt=title or name))
