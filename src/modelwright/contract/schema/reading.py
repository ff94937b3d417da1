"""From a class of an SDK's source to a shape, by its syntax tree; nothing is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from modelwright.contract.schema.shape import (
    Anything,
    Asset,
    Choice,
    Input,
    ListOf,
    MapOf,
    Scalar,
    Shape,
    Word,
    one_of,
)

_SCALARS: dict[str, Shape] = {
    "str": Scalar("str"),
    "int": Scalar("int"),
    "float": Scalar("float"),
    "bool": Scalar("bool"),
    "Any": Anything(),
    "Asset": Asset(),
    "Archive": Asset(),
}
_THROUGH = frozenset({"Input", "InputType", "Optional", "Annotated"})

Find = Callable[[str], Shape | None]
"""Returns the shape of a class by its name in a module, dotted or not; None where there is none."""


def read_arguments(node: ast.ClassDef, find: Find) -> dict[str, tuple[str, Input]]:
    """Return the inputs of an arguments class by their Python names, each with its name on the wire."""
    wire = dict(_getters(node))
    fixed = dict(_fixed(_function(node, "__init__")))
    return {
        name: (wire.get(name, name), Input(fixed.get(name) or shape_of(annotation, find), required))
        for name, annotation, required in _parameters(_function(node, "__init__"))
    }


def read_enum(node: ast.ClassDef) -> Choice:
    """Return the values of an enum class."""
    values = [item.value for item in node.body if isinstance(item, ast.Assign | ast.AnnAssign)]
    return Choice(tuple(_words(values)))


def read_fixed(node: ast.ClassDef) -> dict[str, Choice]:
    """Return what a resource class sets itself, whatever it is given: Python names with their only value."""
    found = {}
    for item in ast.walk(_function(node, "_internal_init")):
        match item:
            case ast.Assign([ast.Subscript(ast.Attribute(attr="__dict__"), ast.Constant(str(name)))], value):
                if words := tuple(_words([value])):
                    found[name] = Choice(words)
    return found


def arguments_class(node: ast.ClassDef) -> str:
    """Return the name of the class that holds a resource's arguments; "" where it cannot be seen."""
    for item in ast.walk(node):
        match item:
            case ast.Call(ast.Attribute(ast.Name(name), "__new__"), [ast.Name(other)]) if (
                name == other and not name.startswith("_")
            ):
                return name
    return ""


def token_fields(node: ast.ClassDef) -> list[str]:
    """Return the texts and the Python names, in turn, of a token that a class makes from its inputs."""
    for item in ast.walk(node):
        match item:
            case ast.Call(ast.Attribute(ast.Call(ast.Name("super")), "__init__"), [ast.JoinedStr(parts), *_]):
                return list(_fields(parts))
    return []


def _fields(parts: list[ast.expr]) -> Iterator[str]:
    """Yield text, name, text, name, …: even places are text, which may be empty."""
    text = ""
    for part in parts:
        match part:
            case ast.Constant(str(value)):
                text = value
            case ast.FormattedValue(ast.Name(name)):
                yield text
                yield name
                text = ""
    yield text


def shape_of(node: ast.expr | None, find: Find) -> Shape:
    """Return the shape that an annotation says; what cannot be understood is anything, and says so."""
    match node:
        case ast.Constant(str(text)):
            return shape_of(ast.parse(text, mode="eval").body, find)
        case ast.Subscript(value, inner):
            return _generic(_last(value), inner, find) or _unread(node)
        case ast.BinOp(left, ast.BitOr(), right):
            return one_of(shape_of(side, find) for side in (left, right) if not _is_none(side))
        case ast.Name() | ast.Attribute():
            dotted = ast.unparse(node)
            return _SCALARS.get(_last(node)) or find(dotted) or _unread(node)
    return _unread(node)


def _generic(name: str, inner: ast.expr, find: Find) -> Shape | None:
    several = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match name:
        case "Union":
            return one_of(shape_of(branch, find) for branch in several if not _is_none(branch))
        case "Sequence" | "List" | "list":
            return ListOf(shape_of(inner, find))
        case "Mapping" | "Dict" | "dict":
            return MapOf(shape_of(several[-1], find))
        case "Literal":
            return Choice(tuple(_words(several)))
    return shape_of(several[0], find) if name in _THROUGH else None


def _unread(node: ast.AST | None) -> Anything:
    return Anything(ast.unparse(node) if node else "no annotation")


def _last(node: ast.expr) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _words(nodes: Iterable[ast.expr | None]) -> Iterator[Word]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
            yield node.value


def _function(node: ast.ClassDef, name: str) -> ast.FunctionDef:
    """Return a method, the last of its overloads; an empty one where there is none."""
    found = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == name]
    empty = ast.parse("def none(self): ...").body[0]
    assert isinstance(empty, ast.FunctionDef)
    return found[-1] if found else empty


def _parameters(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr | None, bool]]:
    """Yield each parameter but self: its name, its annotation and whether it has no default."""
    plain, named = function.args.args, function.args.kwonlyargs
    optional = len(plain) - len(function.args.defaults)
    for place, parameter in enumerate(plain[1:], start=1):
        yield parameter.arg, parameter.annotation, place < optional
    for parameter, default in zip(named, function.args.kw_defaults, strict=True):
        yield parameter.arg, parameter.annotation, default is None


def _getters(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield properties by their Python names, with their names on the wire."""
    for item in (item for item in node.body if isinstance(item, ast.FunctionDef)):
        for decorator in item.decorator_list:
            match decorator:
                case ast.Call(ast.Attribute(attr="getter"), [], [ast.keyword("name", ast.Constant(str(wire)))]):
                    yield item.name, wire


def _fixed(function: ast.FunctionDef) -> Iterator[tuple[str, Choice]]:
    """Yield what a constructor sets to a literal, whatever it is given: `pulumi.set(self, "kind", 'Pod')`."""
    for item in ast.walk(function):
        match item:
            case ast.Call(ast.Attribute(attr="set"), [_, ast.Constant(str(name)), value]):
                if words := tuple(_words([value])):
                    yield name, Choice(words)
