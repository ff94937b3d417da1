"""The reference page of a project: every kind and field with its type, default, limits and meaning, from the spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from modelwright.cli.fields import FieldNote, kind_note, kinds
from modelwright.spec.base import Resource, Spec

_WRITTEN = {
    "Duration": '`"30s"`, `"10m"`, `"1h30m"`, `"7d"`, `"2w"`, or a `timedelta`',
    "Size": '`"512MiB"`, `"64GiB"`',
    "Cron": '`"0 5 * * 1"`: minute, hour, day of month, month, day of week',
    "MinMax": "`(1, 4)`, or one number for both",
    "KOfN": '`"3 of 5"`',
    "ResourceReference": 'the resource itself, or its name as in `"lake"`',
    "DataPath": '`lake / "flights"`, a data store for all of it, or `"lake/flights"`',
    "ViewReference": '`features["carrier"]`, or `"features.carrier"`',
    "ModelReference": '`"delay@champion"` by alias, `"delay:7"` by number',
    "Weights": '`"delay@champion"`, or percents that sum to 100: `{"delay@champion": 90, "delay@challenger": 10}`',
    "RowFilter": '`"day_of_year % 5 == 0"`: columns, numbers, texts, arithmetic, comparisons, `and`, `or`, `not`, `in`',
    "Condition": '`"error_rate > 0.01"`, `"p99_ms > 3 * stable"`; of `error_rate`, `p50_ms`, `p99_ms`',
    "Dimension": '`(0.01, 0.3, "log")`, `(1, 10)`, or a list of choices',
    "Secret": '`Secret("slack-hook")`: by name, never its content',
    "Given": '`Given("network.subnets")`: from the surrounding Pulumi program',
    "Any": "any JSON value",
}
_LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "not empty: length at least"}
_FIRST = ("project", "environment")


def schema_page() -> str:
    """Return the page `schema.md`."""
    lines = [
        "# What a project may say",
        "",
        "Written from the classes in `src/modelwright/spec/`. `modelwright explain endpoint.capture` prints an entry,",
        "`modelwright schema` the JSON Schema of the compiled document. All names come from `modelwright`:",
        "`from modelwright import Endpoint, Project`. What an adapter cannot do with a field it refuses before",
        "anything happens; see [support](support.md).",
        "",
        "## How values are written",
        "",
        "| type | written as |",
        "|---|---|",
        *(f"| {name} | {text} |" for name, text in _WRITTEN.items()),
        "",
        "A name is 2 to 20 lower-case letters, digits and hyphens.",
    ]
    for name in _ordered():
        lines += ["", *_section(name)]
    lines += ["", "## Every resource", "", "DataStore, FeatureStore, Cluster, TrainingJob, ModelRegistry, Endpoint and"]
    lines += ["Monitor also take:", "", *_table(Resource, "resource", shared=True)]
    return "\n".join(lines) + "\n"


def unwritten() -> set[str]:
    """Return the types of fields that the page says nothing about."""
    known = {kind.__name__ for kind in kinds().values()} | set(_WRITTEN) | {"None"}
    takes = " ".join(field.takes for name, kind in kinds().items() for field in kind_note(name, kind).fields)
    return set(re.findall(r"\b[A-Z]\w+", re.sub(r"'[^']*'", "", takes))) - known


def _ordered() -> list[str]:
    known = kinds()
    resources = [name for name, kind in known.items() if issubclass(kind, Resource)]
    rest = [name for name in known if name not in resources and name not in _FIRST]
    return [*_FIRST, *resources, *sorted(rest)]


def _section(name: str) -> Iterator[str]:
    kind = kinds()[name]
    note = kind_note(name, kind)
    yield f"## {note.name}"
    yield ""
    yield note.meaning
    if note.fields:
        yield ""
        yield from _table(kind, name)


def _table(kind: type[Spec], name: str, *, shared: bool = False) -> Iterator[str]:
    common = set(Resource.model_fields) - {"name"} if issubclass(kind, Resource) else set()
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    for field in (field for field in kind_note(name, kind).fields if (_last(field) in common) == shared):
        limits = "; ".join(_limits(kind.model_fields[_last(field)].metadata))
        meaning = f"{field.meaning} {limits[0].upper()}{limits[1:]}." if limits else field.meaning
        default = "required" if field.required else f"`{field.default}`"
        yield f"| `{_last(field)}` | {_cell(field.takes)} | {_cell(default)} | {_cell(meaning)} |"


def _limits(metadata: list[Any]) -> Iterator[str]:
    for constraint in metadata:
        for name, words in _LIMITS.items():
            value = getattr(constraint, name, None)
            if value is not None:
                yield "not empty" if name == "min_length" and value == 1 else f"{words} {value}"


def _last(field: FieldNote) -> str:
    return field.path.rpartition(".")[2]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
