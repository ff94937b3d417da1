"""Texts that were looked at and are kept: `python -m tests.cli.golden` writes them again, to be looked at again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.cli.projects import HELLO, write_hello
from tests.cli.shells import call

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 120)
SHOWN = {
    "preview": "preview",
    "invalid": "validate",
    "explain-code": "explain MW1301",
    "explain-field": "explain endpoint.rollout.bake",
    "unknown-verb": "trian",
    "not-applied": "status",
}
"""What is shown, and the command that shows it."""


def spoilt_project(folder: Path) -> Path:
    """Write a project with several mistakes and return its folder."""
    write_hello(folder)
    text = HELLO.replace('serves="hello@champion"', 'serves="helo@champion"').replace('keys=["id"]', 'kees=["id"]')
    (folder / "project.py").write_text(text.replace('window="1d"', 'window="a day"'))
    return folder


def shown(name: str, folder: Path, width: int) -> str:
    """Return what a command says, on both streams, without the folder's own name."""
    said = call(*SHOWN[name].split(), folder=folder, COLUMNS=str(width))
    return f"{said.out}{said.err}".replace(str(folder), "FOLDER")


def write() -> None:
    """Write every text again."""
    GOLDEN.mkdir(exist_ok=True)
    for name in SHOWN:
        for width in WIDTHS:
            with tempfile.TemporaryDirectory() as folder:
                made = spoilt_project(Path(folder)) if name == "invalid" else write_hello(Path(folder))
                (GOLDEN / f"{name}-{width}.txt").write_text(shown(name, made, width), encoding="utf-8")


if __name__ == "__main__":
    write()
