"""An SDK's modules as text: single classes are parsed where they stand, because some modules have megabytes."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from itertools import pairwise
from pathlib import Path

_TOP = re.compile(r"^(?:@|def |class (?P<name>\w+))", re.MULTILINE)


class UnreadableError(Exception):
    """A class is not where the SDK's own source says, or is no Python; the message says which."""


class Module:
    """One module of an SDK, by its path from the SDK's root."""

    def __init__(self, root: Path, path: str) -> None:
        self.root = root
        self.path = path

    @property
    def folder(self) -> Path:
        """The folder that the module stands in."""
        return (self.root / self.path).parent

    @cached_property
    def text(self) -> str:
        """The module's text; nothing where there is no such module."""
        file = self.root / self.path
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    @cached_property
    def _tops(self) -> list[tuple[int, str]]:
        return [(found.start(), found["name"] or "") for found in _TOP.finditer(self.text)]

    @cached_property
    def _spans(self) -> dict[str, tuple[int, int]]:
        edges = pairwise([*self._tops, (len(self.text), "")])
        return {name: (start, end) for (start, name), (end, _) in edges if name}

    def has(self, name: str) -> bool:
        """Return whether the module defines a class."""
        return name in self._spans

    def parse(self, name: str) -> ast.ClassDef:
        """Return a class. Raises `UnreadableError` where there is none."""
        start, end = self._spans.get(name, (0, 0))
        try:
            return _class(self.text[start:end], name)
        except (SyntaxError, UnreadableError):  # a docstring with a line that begins like a class
            pass
        try:
            return _class(self.text, name)
        except (SyntaxError, UnreadableError) as error:
            raise UnreadableError(f"{name or 'a class of arguments'} in {self.path}") from error

    @cached_property
    def imported(self) -> dict[str, Path]:
        """What the module imports from its own SDK: names, each with the folder or module that it may be."""
        first = self._tops[0][0] if self._tops else len(self.text)
        try:
            head = ast.parse(self.text[:first])
        except SyntaxError as error:
            raise UnreadableError(f"the imports of {self.path}") from error
        nodes = [node for node in ast.walk(head) if isinstance(node, ast.ImportFrom)]
        return {
            alias.asname or alias.name: self._base(node) / alias.name
            for node in nodes
            if node.level
            for alias in node.names
        }

    def _base(self, node: ast.ImportFrom) -> Path:
        base = self.folder
        for _ in range(node.level - 1):
            base = base.parent
        return base.joinpath(*node.module.split(".")) if node.module else base


def _class(text: str, name: str) -> ast.ClassDef:
    found = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == name]
    if not found:
        raise UnreadableError(name)
    return found[0]
