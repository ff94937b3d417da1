"""House rules that no linter knows: names, sizes, unfinished work, reasons. `make check` runs it.

Each rule is one function over one file or over the whole tree, and says why it exists. An exception is listed with its
reason in `[tool.house]` of pyproject.toml.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

LONGEST = {"src": 300, "scripts": 300, "bench": 300, "examples": 300, "tests": 500}
"""Lines of a module by top folder. Tests may be longer: a table of cases reads well."""
FORBIDDEN_WORDS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "managers", "handler", "handlers"}
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.~$}>/:-])/(?:root|work|home/\w+|Users/\w+)(?=[/\s'\"`)\],;:]|$)")
REASONLESS = re.compile(
    r"#\s*noqa(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?\s*$|#\s*type:\s*ignore(?:\[[^\]]*\])?\s*$", re.MULTILINE
)
BLANKET = re.compile(r"#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)")
IGNORED_CODE = re.compile(r'^\s*"(?P<code>[A-Z]+\d*)"\s*,?\s*(?P<rest>.*)$')
RECORD = re.compile(r"(?P<number>\d{4})-[a-z0-9-]+\.md")
BINARY = frozenset({".png", ".gz", ".parquet", ".onnx", ".skops", ".zip", ".ico", ".woff2"})
WAITING = "tests/waiting.py"
THIS = "scripts/house.py"


@dataclass(frozen=True)
class Source:
    """One tracked file: its path from the root with `/`, and its text."""

    path: str
    text: str

    @property
    def top(self) -> str:
        """The top folder, or "" for a file in the root."""
        return self.path.split("/", 1)[0] if "/" in self.path else ""

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All syntax nodes; empty where it is not Python, or not yet (ruff says that)."""
        try:
            return tuple(ast.walk(ast.parse(self.text))) if self.path.endswith(".py") else ()
        except SyntaxError:
            return ()


@dataclass(frozen=True)
class Violation:
    """One broken rule, where an editor can jump to it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Exceptions:
    """What `[tool.house]` allows, each with its reason: long modules, given names, tests in which something is slow."""

    long: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    sleeping: Mapping[str, str] = field(default_factory=dict)


def sizes(source: Source, exceptions: Exceptions) -> Iterator[Violation]:
    """A module that grows has swallowed a noun."""
    lines = len(source.text.splitlines())
    limit = LONGEST.get(source.top)
    if source.path.endswith(".py") and limit and lines > limit and not exceptions.long.get(source.path):
        yield Violation(source.path, lines, f"{lines} lines, more than {limit}: look for the missing noun")


def names(source: Source, exceptions: Exceptions) -> Iterator[Violation]:
    """A name that fits everything says nothing about what is inside."""
    if source.top not in LONGEST or exceptions.names.get(source.path):
        return
    for part in Path(source.path).with_suffix("").parts:
        if part.startswith("base_") or FORBIDDEN_WORDS & set(part.lower().split("_")):
            yield Violation(source.path, 1, f"the name {part!r} says nothing: if it has no home, a noun is missing")
    for node in source.nodes:
        if isinstance(node, ast.ClassDef) and FORBIDDEN_WORDS & {
            word.lower() for word in re.findall(r"[A-Z][a-z]+", node.name)
        }:
            yield Violation(source.path, node.lineno, f"the class name {node.name!r} says nothing")


def finished(source: Source, _: Exceptions) -> Iterator[Violation]:
    """What is not there is absent, not promised."""
    if source.path != THIS:
        for number, line in enumerate(source.text.splitlines(), start=1):
            if found := UNFINISHED.search(line):
                yield Violation(source.path, number, f"{found[0]}: finish it, or write an issue")
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield Violation(source.path, node.lineno, "NotImplementedError: leave out what does not exist")


def swallowed(source: Source, _: Exceptions) -> Iterator[Violation]:
    """An error that nobody sees is found by a user."""
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and all(map(_does_nothing, node.body)):
            yield Violation(source.path, node.lineno, "swallows every error: catch what can happen, or say what did")
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("suppress")
            and any(map(_is_broad, node.args))
        ):
            yield Violation(source.path, node.lineno, "suppresses every error: name what can happen")


def _is_broad(kind: ast.expr | None) -> bool:
    return kind is None or ast.unparse(kind) in {"Exception", "BaseException", "ImportError", "ModuleNotFoundError"}


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass | ast.Continue) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def portable(source: Source, _: Exceptions) -> Iterator[Violation]:
    """What runs on the machine of who wrote it runs nowhere else."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        if source.path != THIS and (found := MACHINE_PATH.search(line)):
            yield Violation(source.path, number, f"{found[0]} is a folder of one machine")


def unmocked(source: Source, _: Exceptions) -> Iterator[Violation]:
    """A test against its author's idea of a server proves the idea."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        if {"mock", "unittest.mock", "pytest_mock"} & set(modules):
            yield Violation(source.path, node.lineno, "imports mocks: start the real thing")


def patient(source: Source, exceptions: Exceptions) -> Iterator[Violation]:
    """A test that sleeps is slow on a good day and red on a bad one."""
    if source.top != "tests" or source.path == WAITING or exceptions.sleeping.get(source.path):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute):
            sleeps = ast.unparse(node) in {"time.sleep", "asyncio.sleep"}
        elif isinstance(node, ast.ImportFrom):
            sleeps = node.module in {"time", "asyncio"} and any(alias.name == "sleep" for alias in node.names)
        else:
            continue
        if sleeps:
            yield Violation(source.path, node.lineno, f"sleeps: use `eventually` of {WAITING}")


def reasons(source: Source, _: Exceptions) -> Iterator[Violation]:
    """An ignored rule without a reason is ignored for ever."""
    if source.path.endswith(".py") and source.path != THIS:
        for number, line in enumerate(source.text.splitlines(), start=1):
            if BLANKET.search(line) or REASONLESS.search(line):
                yield Violation(source.path, number, "write the code that is ignored, and after it `# why`")
    if source.path == "pyproject.toml":
        inside = False
        for number, line in enumerate(source.text.splitlines(), start=1):
            inside = (inside or "ignore" in line.split("=")[0] or line.startswith('"')) and not line.startswith("[")
            code = IGNORED_CODE.match(line) if inside else None
            if code and line.startswith(" ") and not code["rest"].startswith("# "):
                yield Violation(source.path, number, f"ruff ignores {code['code']} without a reason")
            inside = inside and not line.startswith("]")


def neutral(source: Source, _: Exceptions) -> Iterator[Violation]:
    """The core asks what an adapter can do, never which one it is."""
    if not source.path.startswith("src/modelwright/") or source.path.startswith("src/modelwright/adapters/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Compare) and _names_adapter(node.left) and any(map(_is_word, node.comparators)):
            yield Violation(source.path, node.lineno, "tests an adapter's name: ask its support table")


def _names_adapter(node: ast.expr) -> bool:
    return ast.unparse(node).split(".")[-1] in {"adapter", "adapter_name"}


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def records(sources: tuple[Source, ...]) -> Iterator[Violation]:
    """Decision records are numbered without gaps and carry their number and a title."""
    found = sorted((source for source in sources if source.path.startswith("docs/decisions/")), key=lambda s: s.path)
    for expected, source in enumerate(found, start=1):
        name = RECORD.fullmatch(Path(source.path).name)
        if name is None or int(name["number"]) != expected:
            yield Violation(source.path, 1, f"expected the name {expected:04d}-<words>.md")
        elif not re.match(rf"# {name['number']}: \S.*\n", source.text):
            yield Violation(source.path, 1, f"the first line must be `# {name['number']}: <title>`")


RULES: tuple[Callable[[Source, Exceptions], Iterator[Violation]], ...] = (
    sizes,
    names,
    finished,
    swallowed,
    portable,
    unmocked,
    patient,
    reasons,
    neutral,
)


def violations(root: Path) -> Iterator[Violation]:
    """Apply every rule to every file below `root` that is tracked, or would be."""
    sources = tuple(_read(root))
    exceptions = _exceptions(root)
    for source in sources:
        for rule in RULES:
            yield from rule(source, exceptions)
    yield from records(sources)
    known = {source.path for source in sources}
    for path in sorted({*exceptions.long, *exceptions.names, *exceptions.sleeping} - known):
        yield Violation("pyproject.toml", 1, f"[tool.house] lists {path}, which does not exist")


def _read(root: Path) -> Iterator[Source]:
    for path in sorted(_listed(root)):
        file = root / path
        if file.suffix not in BINARY and file.is_file():
            yield Source(path, file.read_text(encoding="utf-8"))


def _listed(root: Path) -> list[str]:
    """Return the paths that git tracks or would; without git (an unpacked archive), all but hidden folders."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if shutil.which("git") and (root / ".git").exists():
        return list(filter(None, subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")))
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [path.as_posix() for path in found if not any(part.startswith((".", "__")) for part in path.parts[:-1])]


def _exceptions(root: Path) -> Exceptions:
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {}).get("house", {})
    return Exceptions(table.get("long", {}), table.get("names", {}), table.get("sleeping", {}))


if __name__ == "__main__":
    found = [str(violation) for violation in violations(Path(__file__).resolve().parent.parent)]
    sys.stdout.write("\n".join([*found, f"house rules: {len(found) or 'no'} violations", ""]))
    sys.exit(bool(found))
