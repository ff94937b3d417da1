"""What a provider's own typed classes say of inputs: run in a process of its own, as it imports Pulumi and the SDK.

It reads `[module, [[token, dotted class, inputs], …]]` from standard input and answers, for each, what was refused as
`[[path, kind], …]` and what was registered. Nothing of modelwright is imported: names, types and requirements come from
the imported classes, types are judged by pydantic, and registering is done by Pulumi.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_MISSING = re.compile(r"missing \d+ required keyword-only arguments?: (.*)")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")


def main() -> None:
    """Answer one document."""
    module, cases = json.load(sys.stdin)
    pulumi = importlib.import_module("pulumi")
    registered: list[tuple[str, Any]] = []

    class Mocks(pulumi.runtime.Mocks):  # type: ignore[misc, name-defined]  # Pulumi may not be installed
        def new_resource(self, args: Any) -> Any:
            registered.append((args.typ, args.inputs))
            return [args.name + "-id", {}]

        def call(self, args: Any) -> Any:
            raise AssertionError(args)

    importlib.import_module("asyncio").set_event_loop(importlib.import_module("asyncio").new_event_loop())
    pulumi.runtime.set_mocks(Mocks())
    answers = []
    for place, (token, dotted, inputs) in enumerate(cases):
        folder, _, name = dotted.rpartition(".")
        holder = importlib.import_module(f"{module}.{folder}")
        refused = list(Typed(pulumi).construct(getattr(holder, name), inputs, f"r{place}"))
        _finish()
        answers.append([refused, next((in_clear(found) for typ, found in registered if typ == token), None)])
        registered.clear()
    sys.stdout.write(json.dumps(answers))


def in_clear(value: Any) -> Any:
    """Return inputs without the wrapping that says that one is a secret."""
    if isinstance(value, dict):
        return in_clear(value["value"]) if _SIGNATURE in value else {key: in_clear(item) for key, item in value.items()}
    return [in_clear(item) for item in value] if isinstance(value, list) else value


def _finish() -> None:
    """Wait until everything is registered."""
    sync = importlib.import_module("pulumi.runtime.sync_await")
    try:
        sync._sync_await(importlib.import_module("pulumi.runtime.stack").wait_for_rpcs())
    except AssertionError:  # Pulumi 3.272 cannot translate a list where a string or a list may be; the test counts
        return


class Typed:
    """Builds typed arguments from names on the wire, and says what the classes refuse."""

    def __init__(self, pulumi: Any) -> None:
        self.pulumi = pulumi
        self.types = importlib.import_module("pulumi._types")

    def construct(self, resource: Any, inputs: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
        """Construct a resource with inputs and yield what is refused."""
        holder = sys.modules[resource.__module__]
        arguments = getattr(holder, f"{resource.__name__}InitArgs", None) or getattr(holder, f"{resource.__name__}Args")
        built = yield from self.build(arguments, inputs, "")
        if built is None:
            return
        try:
            resource(name, built)
        except TypeError as error:
            yield "", str(error)

    def build(self, cls: Any, value: Any, path: str) -> Any:
        """Return an instance of an arguments class, or None where it refuses; yields what is refused."""
        if not isinstance(value, dict):
            yield path, "type"
            return None
        python: dict[str, str] = {wire: name for name, wire in self.types.input_type_py_to_pulumi_names(cls).items()}
        types = self.types.input_type_types(cls)
        given: dict[str, Any] = {}
        sound = True
        for wire, item in value.items():
            name = python.get(wire) or wire
            below = f"{path}.{wire}" if path else wire
            given[name] = (yield from self.fit(types[wire], item, below)) if wire in types else item
            sound = sound and given[name] is not None
        try:
            built = cls(**given)
        except TypeError as error:
            yield from self.refused(str(error), {name: wire for wire, name in python.items()}, path)
            return None
        for wire, item in value.items():
            name = python.get(wire, "")
            if isinstance(item, str) and given.get(name) == item and getattr(built, name) != item:
                yield f"{path}.{wire}" if path else wire, "enum"  # the class has set it to its only value
        return built if sound else None

    def refused(self, said: str, wire: dict[str, str], path: str) -> Iterator[tuple[str, str]]:
        """Yield what an error of a constructor names."""
        front = f"{path}." if path else ""
        if found := _UNEXPECTED.search(said):
            yield front + found[1], "unknown"
        elif found := _MISSING.search(said):
            for name in re.findall(r"'(\w+)'", found[1]):
                yield front + wire[name], "missing"
        else:
            yield path, said

    def fit(self, kind: Any, value: Any, path: str) -> Any:
        """Return a value as its annotation wants it, or None where it does not fit; yields what is refused."""
        kind = plain(kind)
        if self.types.is_input_type(kind):
            return (yield from self.build(kind, value, path))
        origin, arguments = get_origin(kind), get_args(kind)
        if isinstance(value, list) and origin in _LISTS:
            return (yield from self._each(arguments[0], enumerate(value), path, list))
        if isinstance(value, dict) and origin in _MAPS:
            return (yield from self._each(arguments[1], value.items(), path, dict))
        branches = [branch for branch in arguments if self.types.is_input_type(branch)]
        if isinstance(value, dict) and branches:
            return (yield from self._one_of(branches, value, path))
        pydantic = importlib.import_module("pydantic")
        try:
            pydantic.TypeAdapter(kind, config={"arbitrary_types_allowed": True}).validate_json(
                json.dumps(value), strict=True
            )
        except pydantic.ValidationError as error:
            words = {"enum", "literal_error"} & {item["type"] for item in error.errors()}
            yield path, "enum" if words else "type"
            return None
        return value

    def _one_of(self, branches: list[Any], value: Any, path: str) -> Any:
        """Return what the first class makes that refuses nothing; where there is none, yield what the last refuses."""
        refused: list[tuple[str, str]] = []
        for branch in branches:
            refused, built = collected(self.build(branch, value, path))
            if not refused:
                return built
        yield from refused
        return None

    def _each(self, kind: Any, items: Any, path: str, whole: type) -> Any:
        made = {}
        for key, item in items:
            place = f"[{key}]" if isinstance(key, int) else f".{key}" if key.isidentifier() else f'["{key}"]'
            made[key] = yield from self.fit(kind, item, path + place)
        if any(item is None for item in made.values()):
            return None
        return made if whole is dict else [*made.values()]


def collected(asked: Any) -> tuple[list[tuple[str, str]], Any]:
    """Return all that a generator yields, and what it returns."""
    yielded = []
    while True:
        try:
            yielded.append(next(asked))
        except StopIteration as end:
            return yielded, end.value


def plain(kind: Any) -> Any:
    """Return what an input becomes: without None, and without the promises that an input may be."""
    if get_origin(kind) is not Union:
        return kind
    left = tuple(each for each in get_args(kind) if each is not type(None) and get_origin(each) not in _PROMISES)
    return plain(left[0]) if len(left) == 1 else Union[left]  # noqa: UP007  # made of what is found


_PROMISES = {importlib.import_module("collections.abc").Awaitable, importlib.import_module("pulumi").Output}
_ABSTRACT = importlib.import_module("collections.abc")
_LISTS = {list, _ABSTRACT.Sequence}
_MAPS = {dict, _ABSTRACT.Mapping}

if __name__ == "__main__":
    main()
