from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelwright.errors import UsageError
from modelwright.store import DirectoryStore
from modelwright.workload.runlog import RunLog


class Drawing:
    """Draws itself the way matplotlib's figures do."""

    def savefig(self, target: Any, *, format: str) -> None:  # noqa: A002  matplotlib's word
        target.write(f"<svg>{format}</svg>".encode())


def test_the_last_value_of_a_metric_counts_and_its_course_is_kept(tmp_path: Path) -> None:
    log = RunLog(DirectoryStore(tmp_path))
    for step, loss in enumerate((0.9, 0.5)):
        log.log_metrics({"loss": loss}, step)
    log.log_metrics({"auc": np.float32(0.5), "rows": np.int64(3)}, None)
    log.flush()

    assert log.metrics == {"loss": 0.5, "auc": 0.5, "rows": 3.0}
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(line["step"], line["values"]) for line in lines] == [
        (0, {"loss": 0.9}),
        (1, {"loss": 0.5}),
        (None, {"auc": 0.5, "rows": 3.0}),
    ]


def test_what_is_no_number_is_refused_and_what_is_not_finite_is_null(tmp_path: Path) -> None:
    log = RunLog(DirectoryStore(tmp_path))
    log.log_metrics({"loss": float("nan"), "bound": float("inf")}, None)
    assert log.metrics == {"loss": None, "bound": None}
    for value in ("0.5", True, None, [1.0]):
        with pytest.raises(UsageError, match="'auc'"):
            log.log_metrics({"auc": value}, None)


@pytest.mark.parametrize(
    ("figure", "file", "content"),
    [
        ("<svg/>", "roc.svg", b"<svg/>"),
        ("<html></html>", "roc.html", b"<html></html>"),
        (b"\x89PNG...", "roc.png", b"\x89PNG..."),
        (b"\xff\xd8...", "roc.jpg", b"\xff\xd8..."),
        (Drawing(), "roc.svg", b"<svg>svg</svg>"),
    ],
)
def test_figures_of_every_kind_become_files(tmp_path: Path, figure: Any, file: str, content: bytes) -> None:
    log = RunLog(DirectoryStore(tmp_path))
    log.log_figure("roc", figure)
    log.log_figure("roc", figure)
    assert (tmp_path / "figures" / file).read_bytes() == content
    assert log.figures == [f"figures/{file}"]


@pytest.mark.parametrize("name", ["../x", "a b", "", ".x"])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    log = RunLog(DirectoryStore(tmp_path))
    with pytest.raises(UsageError):
        log.log_figure(name, "<svg/>")
    with pytest.raises(UsageError):
        log.log_metrics({name: 1.0}, None)
    with pytest.raises(UsageError, match="no figure"):
        log.log_figure("roc", 5)
