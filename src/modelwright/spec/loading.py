"""From a project file to a project, or to one clear error that lists everything wrong with the file.

The user's code runs here. What it prints goes to standard error, nothing is written beside it, and what it imports from
its own folder is forgotten afterwards, so that two projects in one process do not meet.
"""

from __future__ import annotations

import builtins
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from modelwright.errors import InvalidProjectError, ModelwrightError, Problem, UsageError, did_you_mean
from modelwright.spec.base import Spec
from modelwright.spec.inventory import ATOMS, parts
from modelwright.spec.lines import Lines, relative
from modelwright.spec.problems import Collector, Found, collecting, joined
from modelwright.spec.project import Project

FILE = "project.py"
_LARGEST = 1_000_000
_MODULE = "modelwright_project_file"


def load_project(path: str | Path) -> Project:
    """Return the project declared in a file, or in the `project.py` of a folder.

    Raises `UsageError` for what is no such file, `InvalidProjectError` with all problems of the file otherwise.
    """
    file = project_file(path)
    code = _compiled(file)
    module = ModuleType(_MODULE)
    module.__file__ = str(file)
    with collecting() as collector, _surroundings(file.parent, module):
        crash = _crash(code, module, file)
    projects = _projects(module)
    problems = _collected(collector, projects, file)
    if crash:
        problems.append(crash)
    elif len(projects) != 1:
        problems.append(_count(projects, file))
    if problems:
        problems = sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line or 0))
        raise InvalidProjectError(relative(problem) for problem in problems)
    return projects[0]


def project_file(path: str | Path) -> Path:
    """Return the project file that a path to it or to its folder means. Raises `UsageError` if there is none."""
    file = Path(path).absolute()
    try:
        if file.is_dir():
            file /= FILE
        state = file.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        empty = isinstance(error, FileNotFoundError) and Path(path).is_dir()
        said = f"the folder {path} holds no {FILE}" if empty else f"no project at {path}: {reason}"
        raise UsageError(said, remedy=f"name a {FILE}, or a folder that holds one") from error
    if not stat.S_ISREG(state.st_mode):
        raise UsageError(f"{path} is no regular file", remedy=f"name a {FILE}, or a folder that holds one")
    if state.st_size > _LARGEST:
        raise UsageError(f"{path} has {state.st_size:,} bytes; a project file has at most {_LARGEST:,}")
    return file


def _compiled(file: Path) -> CodeType:
    try:
        return compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        problem = Problem(file.name, f"is not Python: {text}", file=str(file), line=line)
        raise InvalidProjectError([relative(problem)]) from error


@contextmanager
def _surroundings(folder: Path, module: ModuleType) -> Iterator[None]:
    """Let the file import its neighbours, and leave the interpreter afterwards as it was."""
    path, bytecode, before = list(sys.path), sys.dont_write_bytecode, set(sys.modules)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path[:], sys.dont_write_bytecode = path, bytecode
        for name in set(sys.modules) - before:
            if not name.startswith("modelwright.") and _lies_in(sys.modules[name], folder):
                del sys.modules[name]


def _lies_in(module: ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    inside = bool(file) and folder in Path(str(file)).parents
    return inside and "site-packages" not in Path(str(file)).parts


def _crash(code: CodeType, module: ModuleType, file: Path) -> Problem | None:
    """Run the file and return what it raised, as a problem at the user's own line."""
    try:
        exec(code, module.__dict__)  # noqa: S102  # a project file is Python of the user's, run at the user's request
    except InvalidProjectError as error:
        return error.problems[0]
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's code raises is reported as theirs
        return Problem(file.name, _told(error), _advice(error), file=str(file), line=_line(error, file))
    return None


def _told(error: BaseException) -> str:
    text = error.message if isinstance(error, ModelwrightError) else str(error).strip()
    return f"{type(error).__name__}: {text}" if text else f"raises {type(error).__name__}"


def _advice(error: BaseException) -> str:
    import modelwright

    if isinstance(error, ModelwrightError):
        return error.remedy
    if isinstance(error, NameError):
        return _near(str(error.name), [*modelwright.__all__, *dir(builtins)])
    if isinstance(error, ImportError) and error.name == "modelwright" and "cannot import name" in str(error):
        return _near(str(error).split("'")[1], modelwright.__all__)
    return ""


def _near(word: str, choices: list[str]) -> str:
    hint = did_you_mean(word, choices)
    return "" if hint.startswith("one of") else hint


def _line(error: BaseException, file: Path) -> int | None:
    """Return the line of the project file through which an exception came."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _projects(module: ModuleType) -> list[Project]:
    named = module.__dict__.get("project")
    if isinstance(named, Project):
        return [named]
    found = {id(value): value for value in module.__dict__.values() if isinstance(value, Project)}
    return list(found.values())


def _count(projects: list[Project], file: Path) -> Problem:
    if not projects:
        return Problem(file.name, "declares no project", 'end it with project = Project("name", […])', str(file), 1)
    names = ", ".join(repr(project.name) for project in projects)
    return Problem(
        file.name, f"declares {len(projects)} projects: {names}", "call the one that counts `project`", str(file), 1
    )


def _collected(collector: Collector, projects: list[Project], file: Path) -> list[Problem]:
    paths: dict[int, str] = {}
    for project in projects:
        paths.update(_paths(project))
    lines = Lines(file)
    return [
        replace(problem, path=joined(_place(entry, paths), problem.path), line=lines.of(entry, problem))
        for entry in collector.found
        for problem in entry.problems
    ]


def _place(entry: Found, paths: dict[int, str]) -> str:
    if entry.spec is None or isinstance(entry.spec, Project):
        return ""
    name = entry.spec.__dict__.get("name")
    own = name if isinstance(name, str) and name else type(entry.spec).__name__
    return paths.get(id(entry.spec), own)


def _paths(project: Project) -> Iterator[tuple[int, str]]:
    """Yield where each spec stands in a project."""

    def below(value: Any, path: str) -> Iterator[tuple[int, str]]:
        for step, part in parts(value):
            if type(part) in ATOMS:
                continue
            if isinstance(part, Spec):
                yield id(part), joined(path, step)
            yield from below(part, joined(path, step))

    for resource in project.resources or ():
        if isinstance(resource, Spec):
            yield id(resource), str(resource.name)
            yield from below(resource, str(resource.name))
    yield from ((key, place) for key, place in below(project, "") if not place.startswith("resources"))
