"""What was measured, as values: spreads, rows with their target, sections; and as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
_HEAD = "| what | size | modelwright | peer | ratio | target | met |\n|---|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, and the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Return the spread of some values."""
        known = list(values)
        return cls(statistics.median(known), min(known), max(known))

    def text(self, unit: str) -> str:
        """Return the median with its unit, and the range where there is one."""
        alone = self.least == self.greatest
        around = "" if alone else f" ({_number(self.least)} … {_number(self.greatest)})"
        return f"{_number(self.median)} {unit}{around}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `ratio` says how many times better ours is; `met` is None where there is no target."""

    what: str
    size: str
    unit: str
    ours: Spread | None
    peer: Spread | None = None
    peer_name: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    def markdown(self) -> str:
        """Return the line."""
        peer = f"{self.peer_name}: {self.peer.text(self.unit)}" if self.peer else self.note or "-"
        ours = self.ours.text(self.unit) if self.ours else "-"
        ratio = "" if self.ratio is None else f"{_number(self.ratio)}x"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        what = f"{self.what}; {self.note}" if self.note and self.peer else self.what
        return f"| {what} | {self.size} | {ours} | {peer} | {ratio} | {self.target} | {met} |"


@dataclass(slots=True)
class Section:
    """One benchmark's outcome."""

    name: str
    title: str
    about: str
    versions: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    when: str = ""
    load: str = ""
    machine: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the section as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Section:
        """Read what `to_json` gave."""
        rows = [_row(row) for row in document["rows"]]
        return cls(**{**document, "rows": rows})

    def markdown(self) -> str:
        """Return the section's heading, words and table."""
        head = f"## {self.title}\n\n`make bench ARGS={self.name}` · {self.when} · {self.seconds:.0f} s · {self.load}"
        versions = f"\n\nVersions: {', '.join(self.versions)}." if self.versions else ""
        lines = "\n".join(row.markdown() for row in self.rows)
        remarks = "".join(f"\n- {remark}" for remark in self.remarks)
        return f"{head}\n\n{self.about}{versions}\n\n{_HEAD}\n{lines}\n{remarks}".rstrip() + "\n"


def _row(document: Mapping[str, Any]) -> Row:
    spreads = {name: Spread(**document[name]) for name in ("ours", "peer") if document[name]}
    return Row(**{**document, **spreads})


def at_most(what: str, size: str, unit: str, values: Iterable[float], limit: float | None) -> Row:
    """Return a row of ours alone, with the limit that its median keeps or not."""
    ours = Spread.of(values)
    if limit is None:
        return Row(what, size, unit, ours)
    return Row(what, size, unit, ours, target=f"≤ {_number(limit)} {unit}", met=ours.median <= limit)


def against(  # noqa: PLR0913 (a row has so many columns)
    what: str,
    size: str,
    unit: str,
    ours: Sequence[float],
    peer: Sequence[float],
    *,
    peer_name: str,
    least: float | None = None,
    more: bool = False,
    note: str = "",
) -> Row:
    """Return a row beside a peer; the ratio is the median of the rounds' ratios. `more`: more is better."""
    ratios = [(a / b if more else b / a) for a, b in zip(ours, peer, strict=True)]
    ratio = statistics.median(ratios)
    goal = "" if least is None else f"≥ {_number(least)}x"
    met = None if least is None else ratio >= least
    return Row(what, size, unit, Spread.of(ours), Spread.of(peer), peer_name, ratio, goal, met, note)


def missing(what: str, size: str, unit: str, ours: Sequence[float], why: str) -> Row:
    """Return a row whose peer could not be asked, and why."""
    return Row(what, size, unit, Spread.of(ours) if ours else None, note=why.replace("\n", " ").replace("|", "/")[:300])


def alternate(sides: Sequence[Callable[[int], T]], rounds: int) -> list[list[T]]:
    """Run every side once a round, each round in the other order; return each side's results."""
    found: list[list[T]] = [[] for _ in sides]
    for number in range(rounds):
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for index in order:
            found[index].append(sides[index](number))
    return found


def _number(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 1000:  # noqa: PLR2004 (three figures say enough)
        return f"{value:,.0f}"
    return f"{value:.3g}"
