"""What a model was made with: the commit of the code, whether it was changed since, and the libraries' versions."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = {
    "catboost": "catboost",
    "duckdb": "duckdb",
    "jax": "jax",
    "lightgbm": "lightgbm",
    "modelwright": "modelwright",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "optuna": "optuna",
    "pandas": "pandas",
    "polars": "polars",
    "pyarrow": "pyarrow",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "skl2onnx": "skl2onnx",
    "skops": "skops",
    "tensorflow": "tensorflow",
    "torch": "torch",
    "transformers": "transformers",
    "xgboost": "xgboost",
}


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit that a folder stands at (None outside a repository), and whether its files differ from it."""

    id: str | None = None
    dirty: bool | None = None


def commit_of(root: Path) -> Commit:
    """Return the git commit of a project folder; an empty one without git, a repository or a first commit."""
    git = shutil.which("git")
    if git is None:
        return Commit()
    head = _git(git, root, "rev-parse", "--verify", "--quiet", "HEAD")
    changes = _git(git, root, "status", "--porcelain", "--", ".")
    if not head:
        return Commit()
    return Commit(head.strip(), None if changes is None else bool(changes.strip()))


def _git(git: str, root: Path, *arguments: str) -> str | None:
    try:
        # Without optional locks, `status` does not rewrite the index under an author who is just committing.
        done = subprocess.run(
            [git, "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def libraries() -> dict[str, str]:
    """Return the versions of Python and of the known libraries that this process has imported, by distribution."""
    found = {"python": platform.python_version()}
    for module, distribution in _LIBRARIES.items():
        if module in sys.modules:
            try:
                found[distribution] = version(distribution)
            except PackageNotFoundError:  # vendored, or installed under another distribution's name
                found[distribution] = str(getattr(sys.modules[module], "__version__", "unknown"))
    return found
