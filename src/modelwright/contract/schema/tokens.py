"""Which class of an SDK stands for which token: one pass over the text of its modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_RESOURCE = re.compile(rb"^class (\w+)\((?:pulumi\.)?CustomResource\):", re.MULTILINE)
_TOKEN = rb"super\(%s, __self__\)\.__init__\(\s*(f?)['\"]([^'\"]+)['\"]"
_NEVER = frozenset({"_inputs.py", "_enums.py", "_utilities.py", "outputs.py", "__init__.py"})


def index(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the classes (`module.py:Class`) by their tokens, and those whose token is made of their inputs.

    The tokens of the second kind have names of inputs in braces, such as `kubernetes:{api_version}:{kind}`.
    """
    plain: dict[str, str] = {}
    made: dict[str, str] = {}
    for path in sorted(root.rglob("*.py")):
        if path.name in _NEVER or path.name.startswith("get_"):
            continue
        for formatted, token, name in _resources(path.read_bytes()):
            (made if formatted else plain)[token] = f"{path.relative_to(root).as_posix()}:{name}"
    return plain, made


def _resources(text: bytes) -> Iterator[tuple[bool, str, str]]:
    for found in _RESOURCE.finditer(text):
        call = re.compile(_TOKEN % found[1]).search(text, found.end())
        if call:
            yield bool(call[1]), call[2].decode(), found[1].decode()


def fitting(token: str, plain: Mapping[str, str], made: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """Return the class of a token that is made of inputs, with what it says of them by their Python names.

    None for a token of a group that the SDK itself has, where a misspelt kind would pass for a custom one, and for
    one whose group is no domain name: API servers refuse such custom groups.
    """
    group = _group(token)
    if "." not in group or group in {_group(known) for known in plain}:
        return None
    for pattern in sorted(made, key=len, reverse=True):
        parts = re.split(r"\{(\w+)\}", pattern)
        expression = "".join(f"(?P<{part}>[^:]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        if found := re.fullmatch(expression, token):
            return made[pattern], found.groupdict()
    return None


def _group(token: str) -> str:
    module = token.split(":")[1] if token.count(":") > 1 else ""
    return module.partition("/")[0]
