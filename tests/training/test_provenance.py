from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from modelwright.workload.provenance import Commit, commit_of, libraries


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_commit_and_whether_the_project_was_changed_since(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    project = tmp_path / "project"
    project.mkdir()
    assert commit_of(project) == Commit()
    (project / "training.py").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    head = git(tmp_path, "rev-parse", "HEAD")

    assert commit_of(project) == Commit(head, dirty=False)
    (tmp_path / "elsewhere.txt").write_text("not of this project")
    assert commit_of(project) == Commit(head, dirty=False)
    (project / "new.py").write_text("2")
    assert commit_of(project) == Commit(head, dirty=True)


def test_a_folder_outside_any_repository_has_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == Commit(None, None)


def test_libraries_are_those_imported_by_their_distributions_name() -> None:
    code = "import sklearn; from modelwright.workload.provenance import libraries as l; print(sorted(l()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "scikit-learn" in done.stdout
    assert "xgboost" not in done.stdout
    assert libraries()["python"].startswith("3.")
