"""An installed provider SDK: where it is, which tokens it has, and the inputs of each, read when they are asked for."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from modelwright.contract.schema.known import Known, Shelf
from modelwright.contract.schema.reading import (
    Find,
    arguments_class,
    read_arguments,
    read_enum,
    read_fixed,
)
from modelwright.contract.schema.shape import Choice, Input, Made, Object, ObjectOf, Shape
from modelwright.contract.schema.source import Module
from modelwright.contract.schema.tokens import fitting, index


class Sdk:
    """A provider's SDK as it is installed."""

    def __init__(self, root: Path, distribution: str, version: str, shelf: Shelf | None = None) -> None:
        self.root = root
        self.distribution = distribution
        self.version = version
        self._shelf = shelf
        self._known = (shelf and shelf.read()) or Known()
        self._modules: dict[str, Module] = {}
        self._news = False

    def tokens(self) -> Iterable[str]:
        """Return the tokens of all resources that the SDK has."""
        return self._index().tokens

    def resource(self, token: str) -> Object | None:
        """Return the inputs of a resource, as a registration without its typed class has to carry them."""
        if token not in self._known.resources:
            found = self._read_resource(token)
            if found is None:
                return None
            self._known.resources[token] = found
            self._news = True
        return self._known.resources[token]

    def object(self, type_: str) -> Object:
        """Return the inputs of a nested type, by the name that `ObjectOf` carries."""
        if type_ not in self._known.objects:
            path, _, name = type_.partition(":")
            read = read_arguments(self._module(path).parse(name), self._finder(path))
            self._known.objects[type_] = Object(dict(read.values()))
            self._news = True
        return self._known.objects[type_]

    def remember(self) -> None:
        """Keep on disk what was read, for the next process."""
        if self._shelf and self._news:
            self._shelf.write(self._known)
            self._news = False

    def _index(self) -> Known:
        if not self._known.tokens:
            self._known.tokens, self._known.made = index(self.root)
            self._news = True
        return self._known

    def _read_resource(self, token: str) -> Object | None:
        known = self._index()
        said: dict[str, str] = {}
        type_ = known.tokens.get(token)
        if type_ is None:
            found = fitting(token, known.tokens, known.made)
            if found is None:
                return None
            type_, said = found
        path, _, name = type_.partition(":")
        module = self._module(path)
        node = module.parse(name)
        arguments = read_arguments(module.parse(arguments_class(node)), self._finder(path))
        fixed = read_fixed(node) | {field: Choice((text,)) for field, text in said.items()}
        inputs = {
            wire: Input(fixed[field], required=True) if field in fixed else given
            for field, (wire, given) in arguments.items()
        }
        return Object(inputs, open=bool(said))

    def _module(self, path: str) -> Module:
        if path not in self._modules:
            self._modules[path] = Module(self.root, path)
        return self._modules[path]

    def _finder(self, path: str) -> Find:
        module = self._module(path)

        def find(dotted: str) -> Shape | None:
            first, *rest = dotted.split(".")
            if not rest and module.has(first):
                return self._class(path, first)
            place = module.imported.get(first)
            if place is None:
                return self._in_folder(module.folder, first) if not rest else None
            if not rest:
                return self._in_folder(place.parent, first)
            return self._in_folder(place.joinpath(*rest[:-1]), rest[-1])

        return find

    def _in_folder(self, folder: Path, name: str) -> Shape | None:
        inside = folder.relative_to(self.root).as_posix()
        for module in ("_inputs.py", "_enums.py"):
            path = module if inside == "." else f"{inside}/{module}"
            if self._module(path).has(name):
                return self._class(path, name)
        for made in self._index().tokens.values():
            path, _, resource = made.partition(":")
            if resource == name and (self.root / path).parent == folder:
                return Made(made)
        return None

    def _class(self, path: str, name: str) -> Shape:
        if path.endswith("_enums.py"):
            return read_enum(self._module(path).parse(name))
        return ObjectOf(f"{path}:{name}") if name.endswith("Args") else Made(f"{path}:{name}")


def find_sdk(module: str) -> Sdk | None:
    """Return an installed SDK by the name that it is imported under, without importing it; None where it is not."""
    return _find(module, tuple(sys.path))


@cache
def _find(module: str, _path: tuple[str, ...]) -> Sdk | None:
    found = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        return None
    root = Path(found.submodule_search_locations[0])
    try:
        distribution = metadata.distribution(module)
    except metadata.PackageNotFoundError:
        return Sdk(root, module.replace("_", "-"), "")
    return Sdk(root, distribution.name, distribution.version, Shelf.of(distribution, module, root))
