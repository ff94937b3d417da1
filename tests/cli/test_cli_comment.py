"""The comment of a pull request: a verdict first, hostile names harmless, never too long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.projects import write_hello
from tests.cli.shells import call

from modelwright.cli.commenting import LIMIT, escaped, markdown


def change(name: str, kind: str = "update", *, lossy: bool = False, reasons: tuple[str, ...] = ("it differs",)) -> Any:
    return {"name": name, "kind": kind, "subject": "resource", "reasons": list(reasons), "holds_data": lossy}


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    kinds = [one["kind"] for one in changes]
    return {"summary": {kind: kinds.count(kind) for kind in set(kinds)}, "changes": list(changes)}


def test_the_verdict_and_what_destroys_data_come_first() -> None:
    text = markdown(
        plan(change("api"), change("lake", "delete", lossy=True), change("new", "create")), "flights", "prod"
    )
    lines = text.splitlines()
    assert lines[0] == "<!-- modelwright:flights/prod -->"
    assert lines[1] == "### modelwright: flights (prod)"
    assert lines[5] == "| 1 | 1 | 0 | 1 | lake |"
    rows = [line for line in lines if line.startswith(("| update", "| create", "| **"))]
    assert rows[0] == "| **delete, destroys data** | lake | it differs |"


def test_no_changes_are_one_sentence_under_the_same_marker() -> None:
    assert markdown(plan(), "flights", "dev") == (
        "<!-- modelwright:flights/dev -->\n### modelwright: flights (dev)\n\nNo changes.\n"
    )


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("<script>alert(1)</script>", "&#60;script&#62;alert&#40;1&#41;&#60;/script&#62;"),
        ("a | b", "a &#124; b"),
        ("[x](https://evil.test)", "&#91;x&#93;&#40;https&#58;//evil.test&#41;"),
        ("@everyone #1", "&#64;everyone &#35;1"),
        ("`rm`", "&#96;rm&#96;"),
        ("two\nlines", "two lines"),
        ("www.evil.test", "www&#46;evil.test"),
        ("-->", "--&#62;"),
        ("\x1b[31mred", "red"),
        ("lake/flights 0.5 → 1.0", "lake/flights 0.5 → 1.0"),
    ],
)
def test_texts_of_others_are_shown_as_they_are_and_do_nothing(hostile: str, harmless: str) -> None:
    assert escaped(hostile) == harmless


@pytest.mark.parametrize("limit", [2_000, 10_000, LIMIT])
def test_a_long_plan_is_cut_by_whole_changes_and_says_how_many_are_left(limit: int) -> None:
    changes = [change(f"resource-{number}", reasons=("because | of <this>",) * 5) for number in range(2_000)]
    text = markdown(plan(*changes), "flights", "prod", limit)
    assert len(text) <= limit
    assert text.endswith("</details>\n")
    shown = sum(line.startswith("| update |") for line in text.splitlines())
    assert shown > 0
    assert f"and {2_000 - shown} more" in text


def test_a_comment_is_made_of_the_project_or_of_a_saved_plan(tmp_path: Path) -> None:
    folder = write_hello(tmp_path)
    direct = call("comment", folder=folder)
    assert direct.status == 0
    (folder / "plan.json").write_text(call("preview", "--json", folder=folder).out)
    assert call("comment", "--plan", "plan.json", folder=folder).out == direct.out
    said = call("comment", "--output", "comment.md", folder=folder)
    assert said.out == "written to comment.md\n"
    assert (folder / "comment.md").read_text().strip() == direct.out.strip()


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"schema": "modelwright.cli.status/1", "result": {}})])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    folder = write_hello(tmp_path)
    (folder / "plan.json").write_text(content)
    said = call("comment", "--plan", "plan.json", folder=folder)
    assert said.status == 2
    assert "where: plan.json" in said.err
