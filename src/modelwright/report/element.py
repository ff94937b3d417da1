"""HTML elements whose texts and attributes are escaped by construction."""

from __future__ import annotations

from collections.abc import Iterable

from modelwright.report.page import Markup
from modelwright.report.text import escape

_VOID = frozenset({"img", "br"})


def el(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element; children that are no `Markup` are text. `css` is its class; None leaves an attribute out."""
    pairs = [("class" if key == "css" else key.replace("_", "-"), value) for key, value in attributes.items()]
    opening = name + "".join(f' {key}="{escape(value)}"' for key, value in pairs if value is not None)
    if name in _VOID:
        return Markup(f"<{opening}/>")
    return Markup(f"<{opening}>{join(*children)}</{name}>")


def join(*children: object) -> Markup:
    """Return children one after the other; what is no `Markup` is text, and None is nothing."""
    return Markup("".join(_text(child) for child in children if child is not None))


def separated(children: Iterable[object], by: str = ", ") -> Markup:
    """Return children with a separator between them."""
    return Markup(escape(by).join(_text(child) for child in children))


def _text(child: object) -> str:
    return child if isinstance(child, Markup) else escape(child)
