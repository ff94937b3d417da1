"""What a run says while it trains: metrics with their course, parameters, figures."""

from __future__ import annotations

import io
import math
import numbers
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from modelwright.canonical import canonical, timestamp
from modelwright.errors import UsageError
from modelwright.store import Store

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FLUSH_SECONDS = 5.0


@dataclass
class RunLog:
    """The log of one run or trial, kept in `store`; `metrics` holds the last value of each (None for NaN, infinity)."""

    store: Store
    metrics: dict[str, float | None] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    reports: list[float] = field(default_factory=list)
    _course: list[dict[str, Any]] = field(default_factory=list)
    _due: float = 0.0

    def log_metrics(self, values: Mapping[str, Any], step: int | None) -> None:
        """Record metrics by name. Raises `UsageError` for what is no number."""
        found = {_name("metric", name): _number(name, value) for name, value in values.items()}
        self.metrics.update(found)
        self._course.append({"at": timestamp(datetime.now(UTC)), "step": step, "values": found})
        shown = " ".join(f"{name}={'nan' if value is None else f'{value:.6g}'}" for name, value in found.items())
        print(shown if step is None else f"step {step}: {shown}", flush=True)  # noqa: T201  this is the job's log
        if time.monotonic() >= self._due:
            self.flush()

    def log_params(self, values: Mapping[str, Any]) -> None:
        """Record parameters that JSON can hold, by name."""
        canonical(dict(values))
        self.params.update(values)

    def log_figure(self, name: str, figure: Any) -> str:
        """Write a figure to `figures/<name>.<kind>` and return that key."""
        kind, data = _drawn(figure)
        key = f"figures/{_name('figure', name)}.{kind}"
        self.store.put(key, data)
        if key not in self.figures:
            self.figures.append(key)
        return key

    def flush(self) -> None:
        """Write the course of the metrics to `metrics.jsonl`."""
        self._due = time.monotonic() + _FLUSH_SECONDS
        if self._course:
            self.store.put("metrics.jsonl", b"".join(canonical(line) + b"\n" for line in self._course))


def _name(what: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a {what}", remedy="use letters, digits, '.', '_' and '-'")
    return name


def _number(name: str, value: Any) -> float | None:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise UsageError(f"metric {name!r} is {value!r}, not a number")
    return float(value) if math.isfinite(value) else None


def _drawn(figure: Any) -> tuple[str, bytes]:
    """Return the file kind and bytes of a figure: markup, an image's bytes, or a matplotlib or plotly figure."""
    if isinstance(figure, str):
        return ("svg" if "<svg" in figure[:1000] else "html"), figure.encode()
    if isinstance(figure, bytes | bytearray):
        return _image_kind(bytes(figure)), bytes(figure)
    if hasattr(figure, "savefig"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg")
        return "svg", buffer.getvalue()
    if hasattr(figure, "to_html"):
        return "html", str(figure.to_html()).encode()
    raise UsageError(
        f"a {type(figure).__name__} is no figure", remedy="pass SVG or HTML text, image bytes, or a matplotlib figure"
    )


def _image_kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "png"
    if data.startswith(b"\xff\xd8"):
        return "jpg"
    if data.startswith(b"%PDF"):
        return "pdf"
    return "svg" if b"<svg" in data[:1000] else "bin"
