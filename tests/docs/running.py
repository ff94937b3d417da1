"""A page as a script: named blocks become files, shell and Python blocks are run, shown output is compared.

| block | what is done with it |
|---|---|
| any language, `title="name"` | written to the file of that name |
| `sh`, `python` | run in the page's folder, where all files stand; `exit="5"` says with which status it ends |
| `text` right after a run block | its standard output; `…` in a line stands for anything, a line of `…` for any lines |
| `skip="reason"` | nothing; it is counted and its reason shown |
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.markdown import Block, Page

from modelwright import connect, load_project
from modelwright.ledger.event import Event

PATIENCE = 300.0
"""Seconds that one block may take: a training run on a busy machine."""
WIDTH = "240"
"""Columns: wide enough that no table wraps, whatever the folder is called."""


@dataclass
class Script:
    """One page, run from top to bottom in a folder of its own."""

    page: Page
    folder: Path
    clean: Mapping[str, str]
    skipped: list[str] = field(default_factory=list)
    decided: list[Event] = field(default_factory=list)
    """Every event of every ledger, once the page has ended."""
    said: str = ""

    def run(self) -> None:
        """Treat every block in order. Raises `AssertionError` naming the block that does not do what the page says."""
        for block in self.page.blocks:
            treatment_of(block)(self, block)

    def write(self, block: Block) -> None:
        """Write a named block to its file."""
        path = self.folder / block.attributes["title"]
        assert path.resolve().is_relative_to(self.folder.resolve()), f"{path} lies outside of the page's folder"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def execute(self, block: Block) -> None:
        """Run a shell or Python block to its end."""
        shell = ["bash", "-e", "-o", "pipefail", "-c", block.text]
        command = shell if block.language == "sh" else [sys.executable, "-c", block.text]
        process = subprocess.Popen(
            command, cwd=self.folder, env=self._environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            self.said, told = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        expected = int(block.attributes.get("exit", "0"))
        assert process.returncode == expected, (
            f"{self._place(block)} ended with {process.returncode}, not {expected}\n{self.said}\n{told}"
        )

    def compare(self, block: Block) -> None:
        """Compare shown output with what the block before it said."""
        assert block.after, f"{self._place(block)} shows output, but follows no block that was run"
        assert pattern_of(block.text).fullmatch(self.said.strip("\n") + "\n"), (
            f"{self._place(block)} shows\n{block.text}\nbut the block said\n{self.said}"
        )

    def skip(self, block: Block) -> None:
        """Note why a block cannot be run here."""
        assert block.attributes["skip"], f"{self._place(block)} is skipped without a reason"
        self.skipped.append(f"{self._place(block)} {block.attributes['skip']}")

    def end(self) -> None:
        """Remove what the page has started and made."""
        for state in sorted(self.folder.glob("**/.modelwright")):
            project = load_project(state.parent / "project.py")
            names = ["foundation", *(resource.name for resource in project.resources)]
            for environment in sorted(path.name for path in state.iterdir() if (path / "control").is_dir()):
                client = connect(state.parent / "project.py", environment=environment)
                self.decided += [
                    event for name in client.ledger.streams() for event in client.ledger.stream(name).events()
                ]
                client.destroy(allow_data_loss=names)

    def _environment(self) -> dict[str, str]:
        beside = f"{Path(sys.executable).parent}{os.pathsep}{self.clean['PATH']}"
        return {**self.clean, "PATH": beside, "HOME": str(self.folder), "COLUMNS": WIDTH, "NO_COLOR": "1"}

    def _place(self, block: Block) -> str:
        return f"{self.page.path.name}:{block.line}"


def treatment_of(block: Block) -> Callable[[Script, Block], None]:
    """Return what is done with a block. Raises `LookupError` for one that the convention does not know."""
    unknown = set(block.attributes) - {"title", "skip", "exit"}
    if unknown:
        raise LookupError(f"line {block.line}: nobody knows {', '.join(sorted(unknown))}")
    if "skip" in block.attributes:
        return Script.skip
    if "title" in block.attributes:
        return Script.write
    known = {"sh": Script.execute, "python": Script.execute, "text": Script.compare}
    if block.language not in known:
        raise LookupError(f"line {block.line}: a block of {block.language or 'no language'} without a title")
    return known[block.language]


def pattern_of(shown: str) -> re.Pattern[str]:
    """Return the pattern of shown output: `…` is anything within a line, a line of `…` any lines; widths may differ."""
    lines = shown.strip("\n").split("\n")
    return re.compile("".join(r"(?:[^\n]*\n)*?" if line.strip() == "…" else _line(line) for line in lines))


def _line(line: str) -> str:
    pieces = line.rstrip().split("…")
    return r"[^\n]*?".join(" +".join(map(re.escape, re.split(" +", piece))) for piece in pieces) + r" *\n"
