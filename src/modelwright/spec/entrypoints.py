"""Whether the functions that training jobs name exist, read from the syntax tree: the user's code is never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from modelwright.errors import Problem, did_you_mean
from modelwright.spec.lines import within
from modelwright.spec.training import TrainingJob

_ANYTHING = "*"
_Nested = ast.If | ast.Try | ast.With | ast.For | ast.While


def entrypoint_problems(jobs: Iterable[TrainingJob], folder: Path) -> Iterator[Problem]:
    """Yield a problem for each job whose file or function is not in the project's folder."""
    for job in jobs:
        problem = _missing(job, folder)
        if problem is not None:
            yield within(job, problem, "entrypoint")


def _missing(job: TrainingJob, folder: Path) -> Problem | None:
    name, _, function = job.entrypoint.partition(":")
    path, file = f"{job.name}.entrypoint", folder / name
    try:
        tree = ast.parse(file.read_bytes())
    except FileNotFoundError:
        near = did_you_mean(name, (str(one.relative_to(folder)) for one in sorted(folder.glob("*.py"))))
        return Problem(path, f"there is no file {name} beside the project", near if "did you" in near else "write it")
    except OSError as error:
        return Problem(path, f"{name} cannot be read: {error.strerror}")
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
        return Problem(path, f"{name} is not Python: {line}{getattr(error, 'msg', error)}")
    names = set(_defined(tree.body))
    if function in names or _ANYTHING in names:
        return None
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return Problem(
        path, f"{name} defines no {function!r}", did_you_mean(function, functions) or f"def {function}(context): …"
    )


def _defined(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield every name that a module's statements give a value, also in branches; `*` where it cannot be known."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
        elif isinstance(statement, _Nested):
            yield from _branches(statement)
        else:
            names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            yield from (node.id for node in names if isinstance(node.ctx, ast.Store))


def _branches(statement: _Nested) -> Iterator[str]:
    for part in ("body", "orelse", "finalbody"):
        yield from _defined(getattr(statement, part, ()))
    for caught in getattr(statement, "handlers", ()):
        yield from _defined(caught.body)
