"""Conditions on rows, such as `"day_of_year % 5 == 0"`: a small safe grammar, offered as SQL.

Names, numbers, strings, comparisons with `in`, `and`, `or`, `not`, and `+ - * / %`; nothing else, so nothing can be
called.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field
from typing import Any

from modelwright.spec.field import readable, shown

_LONGEST = 1000
_DEEPEST = 64
_LARGEST = 2**63 - 1
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
_COMPARISONS = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_ALLOWED = "names, numbers, strings, comparisons, in, and, or, not, + - * / %"


@readable({"type": "string", "maxLength": _LONGEST, "examples": ["day_of_year % 5 == 0"]})
@dataclass(frozen=True, slots=True)
class RowFilter:
    """A condition that a row meets or does not: the user's spelling, its SQL, and the columns it reads."""

    text: str
    sql: str = field(compare=False, repr=False)
    columns: frozenset[str] = field(compare=False, repr=False)

    @classmethod
    def parse(cls, value: Any) -> RowFilter:
        """Return the condition of a spelling. Raises `ValueError` with the position of what is not allowed."""
        if isinstance(value, RowFilter):
            return value
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            raise ValueError(f"{shown(value)} is no condition on rows, such as 'day_of_year % 5 == 0'")
        text = value.strip()
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise ValueError(_syntax(text, error)) from error
        if not isinstance(tree, ast.Compare | ast.BoolOp | ast.Name | ast.UnaryOp) or _is_number(tree):
            raise ValueError(f"{text!r} is a value and no condition: compare it with something")
        translator = _Translator(text)
        return cls(text, translator.sql(tree, 0), frozenset(translator.columns))

    def to_sql(self) -> str:
        """Return the condition for DuckDB, with quoted identifiers. `%` keeps the sign of its left side, as in SQL."""
        return self.sql

    def document(self) -> str:
        """Return the user's spelling."""
        return self.text


def _syntax(text: str, error: Exception) -> str:
    position = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
    return f"{shown(text)} is no condition on rows{position}; allowed are {_ALLOWED}"


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd)


class _Translator:
    """Translates one condition and notes the columns it meets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns: set[str] = set()

    def sql(self, node: ast.expr, depth: int) -> str:
        if depth > _DEEPEST:
            raise self._refused(node, f"nested more than {_DEEPEST} levels deep")
        if isinstance(node, ast.Name):
            self.columns.add(node.id)
            return f'"{node.id}"'
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            left, right = self.sql(node.left, depth + 1), self.sql(node.right, depth + 1)
            return f"({left} {_ARITHMETIC[type(node.op)]} {right})"
        if isinstance(node, ast.BoolOp):
            word = " AND " if isinstance(node.op, ast.And) else " OR "
            return f"({word.join(self.sql(value, depth + 1) for value in node.values)})"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            word = "NOT " if isinstance(node.op, ast.Not) else "- "
            return f"({word}{self.sql(node.operand, depth + 1)})"
        if isinstance(node, ast.Compare):
            return self._comparisons(node, depth)
        raise self._refused(node, f"allowed are {_ALLOWED}")

    def _comparisons(self, node: ast.Compare, depth: int) -> str:
        sides = [node.left, *node.comparators]
        parts = [
            self._comparison(operator, sides[index], sides[index + 1], depth) for index, operator in enumerate(node.ops)
        ]
        return f"({' AND '.join(parts)})"

    def _comparison(self, operator: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> str:
        if isinstance(operator, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set) or not right.elts:
                raise self._refused(right, "after `in` stands a list of values")
            values = ", ".join(self.sql(value, depth + 1) for value in right.elts)
            word = "IN" if isinstance(operator, ast.In) else "NOT IN"
            return f"{self.sql(left, depth + 1)} {word} ({values})"
        if type(operator) not in _COMPARISONS:
            raise self._refused(left, f"allowed are {_ALLOWED}")
        return f"{self.sql(left, depth + 1)} {_COMPARISONS[type(operator)]} {self.sql(right, depth + 1)}"

    def _constant(self, node: ast.Constant) -> str:
        value = node.value
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, str) and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        if isinstance(value, int) and abs(value) <= _LARGEST:
            return str(value)
        if isinstance(value, float) and math.isfinite(value):
            return repr(value)
        raise self._refused(node, "a number must be finite and fit into 64 bits, a string be printable")

    def _refused(self, node: ast.expr, why: str) -> ValueError:
        part = ast.get_source_segment(self.text, node) or type(node).__name__
        return ValueError(f"{shown(part)} at character {node.col_offset + 1} is not allowed in a condition: {why}")
