"""What the story needs of a machine while it is told, and what it leaves there."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from tests.story.conftest import Lived
from tests.story.watched import watch

pytestmark = pytest.mark.timeout(600)


def test_all_its_processes_share_one_gigabyte_at_most(told: Lived) -> None:
    assert 100e6 < told.watched.peak <= 2**30


def test_no_process_is_left_behind(told: Lived) -> None:
    assert told.watched.left == ()


def test_every_job_of_the_story_was_followed_to_its_good_end(told: Lived) -> None:
    jobs = {folder.name: folder / "exit.json" for folder in (told.folder / ".modelwright/dev/jobs").iterdir()}
    states = {name: json.loads(exit_.read_bytes())["state"] for name, exit_ in jobs.items()}
    assert {name: state for name, state in states.items() if state != "succeeded"} == {}
    assert " lost" not in told.watched.output


def test_the_report_is_one_file_that_loads_nothing(told: Lived) -> None:
    report = (told.folder / "report.html").read_text(encoding="utf-8")
    loaded = re.findall(r"""(?:src|href|action|poster|data)\s*=\s*["']?(?!#|data:)([^"'\s>]+)""", report)
    assert not loaded
    assert not re.findall(r"@import|url\(\s*[\"']?(?!#|data:)[^)\s]+", report)
    assert not re.findall(r"<(?:link|iframe|object|embed)\b", report)
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|import)\s*\(", report)


def test_the_report_shows_what_was_measured_and_decided(told: Lived) -> None:
    report = (told.folder / "report.html").read_text(encoding="utf-8")
    for said in ("auc", "distance", "temp", "retrain", "release 3"):
        assert said in report.lower()


def test_the_watch_sees_a_process_that_let_go_of_its_parent(tmp_path: Path) -> None:
    abandoned = "import time; time.sleep(3)"
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {abandoned!r}], start_new_session=True)"
    watched = watch([sys.executable, "-c", program], tmp_path / "log", within=30, going=0.2)
    assert [command.endswith(abandoned) for command in watched.left] == [True]
