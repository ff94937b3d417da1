"""Which of a project's files go into an image: what the patterns take, and never what holds secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.errors import InvalidProjectError, UsageError
from modelwright.image.project_files import project_files

TREE = (
    "project.py", "train.py", "parts/inner.py", "parts/deep/data.csv", "parts/notes.md", ".env", "prod.env", "key.pem",
    ".git/config.py", ".modelwright/state.py", "parts/__pycache__/inner.cpython-312.py", "venv/pyvenv.cfg",
    "venv/lib/other.py", ".ssh/config.py", "credentials.json", "parts/id_rsa", "compiled.pyc",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("planted = True\n")
    return tmp_path / "project"


def taken(project: Path, include: tuple[str, ...], exclude: tuple[str, ...] = ()) -> list[str]:
    found = project_files(project, include, exclude)
    return [entry.path.removeprefix("opt/modelwright/project/") for entry in found.entries]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (("**/*.py",), (), ["project.py", "train.py", "parts/inner.py"]),
        (("*.py",), (), ["project.py", "train.py"]),
        (("parts/*",), (), ["parts/inner.py", "parts/notes.md", "parts/deep/data.csv"]),
        (("parts",), ("**/*.md", "parts/deep"), ["parts/inner.py"]),
        (("parts/**",), ("**/inner.py",), ["parts/notes.md", "parts/deep/data.csv"]),
        (("**/[di]*",), ("**/[!d]*.py",), ["parts/deep/data.csv"]),
        (("./tr?in.py",), (), ["train.py"]),
    ],
)
def test_patterns_take_what_they_say(
    project: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    assert taken(project, include, exclude) == expected


def test_everything_takes_no_secret_no_history_no_state_and_no_environment(project: Path) -> None:
    found = project_files(project, ("**",), ())
    names = [entry.path.removeprefix("opt/modelwright/project/") for entry in found.entries]
    assert sorted(names) == ["parts/deep/data.csv", "parts/inner.py", "parts/notes.md", "project.py", "train.py"]
    said = {line.partition(":")[0] for line in found.left_out}
    assert {
        ".env",
        "prod.env",
        "key.pem",
        "credentials.json",
        "parts/id_rsa",
        ".git/",
        ".modelwright/",
        ".ssh/",
    } == said


def test_a_pattern_that_takes_nothing_is_an_error(project: Path) -> None:
    with pytest.raises(UsageError, match=r"no file of .* is taken by \*\.rs"):
        project_files(project, ("*.rs",), ())


@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_private_keys_are_found_by_what_they_are(project: Path, kind: str) -> None:
    (project / "one.py").write_text(f"-----BEGIN {kind}-----\nabcd\n")
    (project / "two.py").write_text(f"KEY = '''-----BEGIN {kind}-----\nabcd\n'''\n")
    (project / "harmless.py").write_text(f'MARK = "-----BEGIN {kind}-----"\n')
    with pytest.raises(InvalidProjectError) as caught:
        project_files(project, ("**/*.py",), ())
    assert [problem.message for problem in caught.value.problems] == [
        "one.py holds a private key",
        "two.py holds a private key",
    ]


def test_links_inside_are_followed_and_links_out_are_left_out_and_said(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("outside = True\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/more.py").write_text("more = True\n")
    (project / "inside.py").symlink_to("train.py")
    (project / "out.py").symlink_to(tmp_path / "outside.py")
    (project / "folder").symlink_to(tmp_path / "elsewhere")
    (project / "dangling.py").symlink_to("nowhere.py")

    found = project_files(project, ("**/*.py",), ())

    names = [entry.path.rpartition("/")[2] for entry in found.entries]
    assert "inside.py" in names
    assert not {"out.py", "more.py", "dangling.py"} & set(names)
    assert found.left_out == ("dangling.py: no plain file, or a link to nothing", "out.py: a link out of the project")
