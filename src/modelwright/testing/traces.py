"""What an edit leaves in an assembly: resources and requests that come, go or change, each spelled as evidence is.

Mere echoes do not count: wherever an adapter copies a declared resource's whole document, the copy is passed over, and
so are digests, which follow from whatever they are taken of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.changes import differences

_CONFIG = "modelwright."
_DIGEST = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16,}")
_ECHO = {"$echo": "of a declared resource"}


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """One difference: `local.Serve#body.config.queue`, `local:Address` for one more, `-local:Address` for one less.

    `shared` marks one inside a workload's config, which the product writes the same on every platform, `secret` one by
    which a variable becomes a secret's name, which does nothing until a driver reads the secret.
    """

    text: str
    name: str = ""
    shared: bool = False
    secret: bool = False

    def __str__(self) -> str:
        return f"{self.text} ({self.name})" if self.name else self.text

    def shown_by(self, evidence: str) -> bool:
        """Return whether this is what a piece of evidence promises: the same, or below its path."""
        return self.text == evidence or ("#" in evidence and self.text.startswith(f"{evidence}."))


@dataclass(frozen=True, slots=True)
class Spelled:
    """An assembly as JSON, by name, each with its token or operation; copies of declared documents are passed over."""

    resources: Mapping[str, tuple[str, Any]]
    requests: Mapping[str, tuple[str, Any]]
    offers: Mapping[str, tuple[str, Any]]


def spelled(assembly: Assembly) -> Spelled:
    """Return what of an assembly may differ from another."""
    whole = assembly.to_json()
    documents = list(whole["desired"].values())
    resources = {
        item["name"]: (item["token"], _unechoed(_but(item, "name", "token", "owner"), documents))
        for item in whole["resources"]
    }
    requests = {
        item["name"]: (item["operation"], _unechoed({"body": item["body"]}, documents)) for item in whole["requests"]
    }
    offers = {field: (field, _unechoed(whole[field], documents)) for field in ("outputs", "identities", "scope")}
    return Spelled(resources, requests, offers)


def emitted(old: Spelled, new: Spelled) -> tuple[Trace, ...]:
    """Return what differs among resources and requests, sorted, each once."""
    return tuple(sorted({*_parts(old.resources, new.resources), *_parts(old.requests, new.requests)}))


def offered(old: Spelled, new: Spelled) -> tuple[Trace, ...]:
    """Return what differs among outputs, identities and the scope."""
    return tuple(sorted(_parts(old.offers, new.offers)))


def _but(content: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in fields}


def _unechoed(value: Any, documents: list[Any]) -> Any:
    """Return a value with every copy of a declared resource's document replaced, also in texts, and every digest."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = {"$text": json.loads(value)}
        except ValueError:
            return value
    if isinstance(value, str):
        return _DIGEST.sub("…", value)
    if isinstance(value, Mapping):
        own = not str(value.get("schema", "")).startswith(_CONFIG)
        if own and any(_is_copy(value, document) for document in documents):
            return _ECHO
        return {name: _unechoed(item, documents) for name, item in value.items()}
    return [_unechoed(item, documents) for item in value] if isinstance(value, list | tuple) else value


def _is_copy(value: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Tell a copy by most of its fields: whoever leaves a few out copies all the same."""
    fields = {name for name in document if name not in {"name", "kind", "config"}}
    same = [name for name in fields if name in value and value[name] == document[name]]
    return len(fields) > 3 and len(same) > len(fields) / 2  # noqa: PLR2004  # fewer fields may be alike by chance


def _parts(old: Mapping[str, tuple[str, Any]], new: Mapping[str, tuple[str, Any]]) -> Iterator[Trace]:
    for name in sorted({*old, *new}):
        was, becomes = old.get(name), new.get(name)
        if was is None or becomes is None or was[0] != becomes[0]:
            yield from (Trace(f"-{was[0]}", name),) if was else ()
            yield from (Trace(becomes[0], name),) if becomes else ()
            continue
        if was == becomes:
            continue
        configs = {*_configs(was[1]), *_configs(becomes[1])}
        for path, _, value in differences(was[1], becomes[1], ""):
            plain = ".".join(step for step in path.split(".") if not step.isdigit())
            shared = any(plain == config or plain.startswith(f"{config}.") for config in configs)
            yield Trace(f"{was[0]}#{plain}", name, shared, value.startswith('{"$secret"'))


def _configs(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which a workload's config stands."""
    if isinstance(value, Mapping):
        if str(value.get("schema", "")).startswith(_CONFIG):
            yield path
        for name, item in value.items():
            yield from _configs(item, f"{path}.{name}" if path else name)
