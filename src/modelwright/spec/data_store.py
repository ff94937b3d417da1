"""Where data lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Self

from modelwright.errors import Problem
from modelwright.spec.base import Resource
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.field import Takes, option
from modelwright.spec.reference import DataPath, checked_path
from modelwright.spec.size import Size


class DataStore(Resource):
    """A place for data: objects, tables, a stream or a volume. `lake / "flights"` refers to a part of it."""

    KIND = "data_store"

    kind: Literal["object", "table", "stream", "volume"] = option("What it holds.", default="object")
    versioned: bool = option("Keep what is overwritten or deleted.", default=False)
    retention: Takes[str | Duration | None, Lasting | None] = option(
        "Delete data that is older; None keeps it.", default=None
    )
    size: Takes[str | Size | None, Size | None] = option("The size of a volume.", default=None)
    uri: str | None = option(
        "The address of a store that exists and is only read; see `existing`.", default=None, min_length=1
    )

    @classmethod
    def existing(cls, name: str, *, uri: str, **fields: Any) -> Self:
        """Declare a store that exists already: it is read, never made, changed or deleted."""
        return cls(name, uri=uri, **fields)

    @property
    def owned(self) -> bool:
        """Whether `up` makes this store."""
        return self.uri is None

    def __truediv__(self, path: str) -> DataPath:
        return DataPath(self.name, "/".join(checked_path(path)), self)

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that do not go together."""
        if self.kind == "volume" and self.size is None and self.owned:
            yield Problem("size", "a volume needs a size", 'such as "64GiB"')
        if self.kind != "volume" and self.size is not None:
            yield Problem("size", f"only a volume has a size, and this is of kind {self.kind!r}")
        if not self.owned:
            for name in ("versioned", "retention", "adopt", "renamed_from"):
                if getattr(self, name):
                    yield Problem(name, "an existing store is only read, so this cannot be asked of it")

    def document(self) -> dict[str, Any]:
        """Return the spec as JSON; the field `kind` is called `holds` there."""
        return {**super().document(), "kind": self.KIND, "holds": self.kind}

    @classmethod
    def describe(cls, schema: dict[str, Any]) -> None:
        """Describe `document`."""
        holds = schema["properties"]["kind"]
        super().describe(schema)
        schema["properties"] |= {"kind": {"const": cls.KIND}, "holds": holds}
        schema["required"].append("holds")

    def relies_on(self) -> frozenset[str]:
        """Return the features that this store relies on."""
        found = {f"data_store.kind.{self.kind}"}
        if not self.owned:
            found.add("data_store.existing")
        found |= {f"data_store.{name}" for name in ("versioned", "retention") if getattr(self, name)}
        return super().relies_on() | found
