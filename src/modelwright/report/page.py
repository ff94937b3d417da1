"""The skeleton of a self-contained page: styles for light and dark, sections, tables; no script, no external file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from modelwright.report.text import escape

_TINTED = "".join(
    f"svg .line.t{n},svg .whisker.t{n},svg .range.t{n}{{stroke:var(--c{n})}}"
    f"svg .dot.t{n},svg .area.t{n},svg .bar.t{n}{{fill:var(--c{n})}}.swatch.t{n}{{background:var(--c{n})}}"
    for n in range(1, 7)
)


class Markup(str):
    """Text that is HTML already; everything else is escaped."""

    __slots__ = ()


def page(title: str, sections: Iterable[str], *, images: bool = False) -> str:
    """Return a whole page. It loads nothing, and its policy forbids that anything is loaded.

    With `images` it may show those that stand in the page itself.
    """
    body = "".join(sections)
    css = ' class="site"' if images else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'" + ("; img-src data:" if images else "")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'
        f"<title>{escape(title)}</title><style>{_style()}</style></head><body{css}><main>{body}</main></body></html>\n"
    )


@cache
def _style() -> str:
    return files("modelwright.report").joinpath("page.css").read_text(encoding="utf-8") + _TINTED


def section(title: str, *parts: str, lead: str = "") -> str:
    """Return a section with its heading, a sentence on how to read it, and its parts (HTML)."""
    opening = f'<p class="soft">{escape(lead)}</p>' if lead else ""
    return f"<section><h2>{escape(title)}</h2>{opening}{''.join(parts)}</section>"


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return numbers at a glance."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">{items}</dl>'


def html_table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, css: Sequence[str] = ()) -> str:
    """Return a table; cells are escaped unless they are `Markup`. `css` names a class per column."""
    classes = [*css, *[""] * (len(titles) - len(css))]
    head = "".join(f"<th{_class(one)}>{escape(title)}</th>" for title, one in zip(titles, classes, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{_class(one)}>{_cell(cell)}</td>" for cell, one in zip(row, classes, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _cell(text: str) -> str:
    return text if isinstance(text, Markup) else escape(text)
