"""The line of a field in the user's file, found in its syntax tree."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelwright.errors import Problem
    from modelwright.spec.base import Spec
    from modelwright.spec.problems import Found

_STEP = re.compile(r"\[(\d+)\]|([^.\[]+)")


class Lines:
    """Finds lines in one file, which is parsed when first needed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._calls: dict[int, list[ast.Call]] | None = None

    def of(self, entry: Found, problem: Problem) -> int | None:
        """Return the line of what a problem's path names inside a constructor's call, else the call's own line."""
        if problem.file != str(self.file) or problem.line is None:
            return problem.line
        for call in self.calls(problem.line):
            path = problem.path if _is_of(call, entry.spec) else _after_name(call, problem.path)
            if path is not None:
                return _deepest(call, path).lineno
        return problem.line

    def calls(self, line: int) -> list[ast.Call]:
        """Return the calls that begin on a line."""
        if self._calls is None:
            self._calls = {}
            for node in ast.walk(ast.parse(self.file.read_bytes())):
                if isinstance(node, ast.Call):
                    self._calls.setdefault(node.lineno, []).append(node)
        return self._calls.get(line, [])


def within(spec: Spec, problem: Problem, path: str) -> Problem:
    """Return a problem with the file and line of what `path` names in the call that made `spec`, where it is known."""
    from modelwright.spec.problems import Found

    origin = spec.origin
    if origin is None:
        return problem
    try:
        lines, asked = Lines(Path(origin.file)), replace(problem, path=path, file=origin.file, line=origin.line)
        line = lines.of(Found(spec, (), origin), asked)
    except (OSError, SyntaxError, ValueError):  # the file is gone, or is another one by now
        line = origin.line
    return relative(replace(problem, file=origin.file, line=line))


def relative(problem: Problem) -> Problem:
    """Name the file as seen from the working directory, where it lies below it."""
    folder = os.getcwd() + os.sep  # noqa: PTH109  # a string is wanted
    return replace(problem, file=problem.file.removeprefix(folder))


def _is_of(call: ast.Call, spec: object) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == type(spec).__name__


def _after_name(call: ast.Call, path: str) -> str | None:
    """Return the rest of a path after the name that a call gives first, if the path goes through it."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None
    _, found, rest = f".{path}.".partition(f".{first.value}.")
    return rest.strip(".") if found else None


def _deepest(node: ast.expr, path: str) -> ast.expr:
    for match in _STEP.finditer(path):
        deeper = _item(node, int(match[1])) if match[1] else _named(node, match[2])
        if deeper is None:
            break
        node = deeper
    return node


def _item(node: ast.expr, index: int) -> ast.expr | None:
    if isinstance(node, ast.List | ast.Tuple) and index < len(node.elts):
        return node.elts[index]
    return None


def _named(node: ast.expr, name: str) -> ast.expr | None:
    if isinstance(node, ast.Call):
        return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return next((value for key, value in pairs if isinstance(key, ast.Constant) and key.value == name), None)
    return None
