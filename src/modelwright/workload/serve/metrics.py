"""Counters in Prometheus' text format, kept by hand: a server needs a dozen of them and no library."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters and gauges by name and labels, and one histogram of seconds."""

    def __init__(self, prefix: str, labels: Mapping[str, str]) -> None:
        self._prefix = prefix
        self._labels = dict(labels)
        self._values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        key = (name, tuple(sorted(labels.items())))
        self._values[key] = self._values.get(key, 0) + amount

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge or a counter that is kept elsewhere."""
        self._values[(name, tuple(sorted(labels.items())))] = value

    def observe(self, seconds: float) -> None:
        """Count one answered request in the histogram."""
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def render(self) -> str:
        """Return the text."""
        lines = []
        for name in sorted({name for name, _ in self._values}):
            kind = "counter" if name.endswith("_total") else "gauge"
            lines.append(f"# TYPE {self._prefix}_{name} {kind}")
            for (known, labels), value in sorted(self._values.items()):
                if known == name:
                    lines.append(f"{self._prefix}_{name}{self._spell(dict(labels))} {value:g}")
        return "\n".join([*lines, *self._histogram(), ""])

    def _histogram(self) -> list[str]:
        name = f"{self._prefix}_request_seconds"
        lines, total = [f"# TYPE {name} histogram"], 0
        for bound, count in zip((*BOUNDS, float("inf")), self._buckets, strict=True):
            total += count
            limit = "+Inf" if bound == float("inf") else f"{bound:g}"
            lines.append(f"{name}_bucket{self._spell({'le': limit})} {total}")
        return [*lines, f"{name}_sum{self._spell({})} {self._sum:.6f}", f"{name}_count{self._spell({})} {total}"]

    def _spell(self, labels: Mapping[str, str]) -> str:
        pairs = {**self._labels, **labels}
        body = ",".join(f'{name}="{_escape(value)}"' for name, value in pairs.items())
        return f"{{{body}}}" if body else ""


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
