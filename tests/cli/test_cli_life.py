"""The verbs on a real project: real processes train and serve it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.projects import write_hello
from tests.cli.shells import Said, call, run_at_work
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("cli_life")  # one worker: the project is trained once

COMMAND = [sys.executable, "-c", "from modelwright.cli.main import main; main()"]

READING = [
    "validate", "compile", "preview", "status", "outputs", "outputs hello-api", "outputs hello-api url", "runs list",
    "runs show train-hello-1", "runs logs train-hello-1", "model list", "model list hello", "model show hello:1",
    "model show hello@champion", "model history hello", "endpoint status", "endpoint invoke hello-api --sample",
    "endpoint history", "endpoint traffic hello-api", "endpoint logs", "ledger log", "ledger log model/hello",
    "ledger verify", "schema", "explain MW1001", "explain endpoint", "explain endpoint.capture", "doctor",
    "prune --dry-run", "report", "monitor report", "monitor run", "operate --once", "completion bash",
]  # fmt: skip

AS_IT_IS = {"schema", "completion bash", "endpoint logs", "runs logs train-hello-1"}
"""What these print is no text of ours, so it is never broken."""


@pytest.mark.parametrize("verb", READING)
def test_json_is_one_versioned_document(hello: Path, verb: str) -> None:
    said = call(*verb.split(), "--json", folder=hello)
    assert said.status == 0, said.err
    words = verb.split()
    grouped = words[0] in {"runs", "model", "endpoint", "ledger", "monitor"}
    name = ".".join(words[: 2 if grouped else 1])
    assert said.document["schema"] == f"modelwright.cli.{name}/1"
    assert said.document["result"] is not None
    assert set(said.document) == {"schema", "result", "diagnostics"}


@pytest.mark.parametrize("verb", [verb for verb in READING if verb not in AS_IT_IS])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_text_fits_the_terminal(hello: Path, verb: str, width: int) -> None:
    said = call(*verb.split(), folder=hello, COLUMNS=str(width))
    assert said.status == 0, said.err
    urls = re.sub(r"\S{40,}", "", said.out)  # a long path or digest is never broken outside tables
    assert all(len(line) <= width for line in urls.splitlines()), said.out


@pytest.mark.parametrize(
    ("group", "verb"),
    [("runs", "list"), ("model", "list"), ("endpoint", "status"), ("ledger", "log"), ("monitor", "report")],
)
def test_a_group_without_a_verb_shows_what_there_is(hello: Path, group: str, verb: str) -> None:
    assert call(group, "--json", folder=hello).document["schema"] == f"modelwright.cli.{group}.{verb}/1"


def test_colour_is_left_out_when_it_is_not_wanted(hello: Path) -> None:
    assert "\x1b[" in call("status", folder=hello, tty=True, TERM="xterm").out
    assert "\x1b" not in call("status", folder=hello, tty=True, TERM="xterm", NO_COLOR="1").out
    assert "\x1b" not in call("status", folder=hello).out
    assert "\x1b[" in call("status", "--color", "always", folder=hello, NO_COLOR="1").out


def test_status_says_that_nothing_operates_the_schedules(hello: Path) -> None:
    said = call("status", folder=hello)
    assert "schedules are not operated: run `modelwright operate`\n  hello-watch" in said.out
    warned = call("status", "--json", folder=hello).document
    assert warned["result"]["operated"] is False
    assert [one["severity"] for one in warned["diagnostics"]] == ["warning"]


def test_up_again_changes_nothing(hello: Path) -> None:
    assert call("preview", "--expect-no-changes", folder=hello).status == 0
    said = call("up", folder=hello)
    assert said.status == 0
    assert "= dev" in said.err


def test_a_change_is_shown_with_its_reason_and_status_seven_where_none_is_expected(hello: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text((hello / "project.py").read_text().replace("capture=1.0", "capture=0.5"))
    (tmp_path / "training.py").write_text((hello / "training.py").read_text())
    (tmp_path / ".modelwright").symlink_to(hello / ".modelwright")
    said = call("preview", "--expect-no-changes", "-p", str(other), folder=hello)
    assert said.status == 7
    assert "serving configuration of hello-api changes" in said.out
    assert "MW1501" in said.err


def test_an_endpoint_answers_the_sample_with_its_version(hello: Path) -> None:
    result = call("endpoint", "invoke", "--sample", "--json", folder=hello).document["result"]
    assert result["version"] == 1
    assert [output["prediction"] for output in result["outputs"]] == [0, 0]


def test_rows_come_as_json_json_lines_csv_or_columns(hello: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[{"id": 1, "a": 0.9}, {"id": 2, "a": 0.1}]')
    (tmp_path / "rows.jsonl").write_text('{"id": 1, "a": 0.9}\n{"id": 2, "a": 0.1}\n')
    (tmp_path / "rows.csv").write_text("id,a\n1,0.9\n2,0.1\n")
    ways = [["--file", str(tmp_path / name)] for name in ("rows.json", "rows.jsonl", "rows.csv")]
    answers = [
        call("endpoint", "invoke", *way, "--json", folder=hello).document["result"]["outputs"]
        for way in [*ways, ["--data", '{"id": [1, 2], "a": [0.9, 0.1]}']]
    ]
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0]) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["endpoint", "invoke", "--data", "{"], 2, "this is no JSON"),
        (["endpoint", "invoke"], 2, "give the rows in one way"),
        (["endpoint", "invoke", "--data", '[{"id": 1}]'], 1, "'a'"),
        (["endpoint", "status", "hello-apo"], 1, "did you mean 'hello-api'?"),
        (["endpoint", "traffic", "hello-api", "v1-r1=90"], 2, "sum to 90"),
        (["endpoint", "traffic", "hello-api", "v9-r9=100"], 2, "did you mean 'v1-r1'?"),
        (["endpoint", "rollback", "--reason", "x"], 1, "there is none to go back to"),
        (["runs", "show", "train-hello-9"], 1, "did you mean 'train-hello-1'?"),
        (["train", "train-helo"], 1, "did you mean 'train-hello'?"),
        (["train", "train-hello", "--param", "C"], 2, "NAME=VALUE"),
        (["train", "train-hello", "--promote", "--detach"], 2, "leave one of them out"),
        (["model", "show", "hello:7"], 1, "hello"),
        (["model", "promote", "hello:1", "--override-gates", " "], 2, "needs a reason"),
        (["model", "promote", "hello:1", "--timeout", "soon"], 2, "'soon' is no duration"),
        (["model", "copy", "hello:1", "--to", "dev"], 2, "is in dev already"),
        (["model", "copy", "hello:1", "--to", "prod"], 6, "one of: dev"),
        (["runs", "list", "--last", "0"], 2, "0 is less than 1"),
        (["runs", "list", "--last", "few"], 2, "'few' is no whole number"),
        (["model", "history", "helo"], 1, "did you mean 'hello'?"),
        (["evaluate", "hello:1"], 2, "declares no rows to be evaluated on"),
        (["status", "-e", "prod"], 6, "one of: dev"),
        (["ledger", "log", "model/helo"], 1, "did you mean 'model/hello'?"),
        (["outputs", "hello-api", "ulr"], 1, "did you mean 'url'?"),
        (["explain", "endpoint.captur"], 1, "did you mean 'capture'?"),
        (["destroy"], 2, "--yes"),
        (["destroy", "--yes"], 2, "--allow-data-loss"),
        (["endpoint", "retire", "hello-api", "--reason", "x"], 2, "--yes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_mistakes_are_answered_and_change_nothing(hello: Path, arguments: list[str], status: int, words: str) -> None:
    before = call("ledger", "verify", "--json", folder=hello).document["result"]["heads"]
    said = call(*arguments, folder=hello)
    assert said.status == status
    assert words in said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert call("ledger", "verify", "--json", folder=hello).document["result"]["heads"] == before


def test_a_failing_training_shows_the_users_own_lines(hello: Path) -> None:
    said = call("train", "train-broken", folder=hello)
    assert said.status == 1
    assert "ValueError: no such column: dep_time" in said.err
    assert 'File "training.py"' in said.err
    assert "site-packages" not in said.err
    assert "\x1b" not in said.err
    run = re.search(r"train-broken-\d+", said.err)
    assert run is not None
    assert "your own lines" in call("runs", "show", run.group(), folder=hello).out


def test_a_typed_environment_name_confirms_and_anything_else_cancels(hello: Path) -> None:
    said = call("destroy", folder=hello, typed="no\n")
    assert said.status == 8
    assert "type 'dev' to go on" in said.err
    assert call("endpoint", "invoke", "--sample", folder=hello).status == 0


def test_ctrl_c_leaves_the_run_going_and_says_how_to_go_on(hello: Path) -> None:
    waiting = subprocess.Popen(
        [*COMMAND, "train", "train-slow"], cwd=hello, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    run = run_at_work(hello, "train-slow")
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=120)
    assert waiting.returncode == 8
    assert f"run {run} goes on" in err
    assert f"modelwright runs logs -f {run}" in err
    assert _run_state(hello, run) == "running"
    assert call("runs", "cancel", run, folder=hello).status == 0
    assert _run_state(hello, run) == "cancelled"


def _run_state(hello: Path, run: str) -> str:
    return str(call("runs", "show", run, "--json", folder=hello).document["result"]["state"])


def test_logs_are_followed_until_the_run_ends(hello: Path) -> None:
    started = call("train", "train-broken", "--detach", "--json", folder=hello)
    run = started.document["result"]["run"]
    said = call("runs", "logs", "-f", run, folder=hello)
    assert said.status == 0
    assert "ValueError" in said.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_operate_is_seen_by_status_and_ends_cleanly(hello: Path, number: signal.Signals) -> None:
    operator = subprocess.Popen([*COMMAND, "operate"], cwd=hello, stderr=subprocess.PIPE, text=True)
    eventually(lambda: call("status", "--json", folder=hello).document["result"]["operated"])
    operator.send_signal(number)
    _, err = operator.communicate(timeout=120)
    assert operator.returncode == 0
    assert "stopped" in err
    assert "Traceback" not in err
    assert call("status", "--json", folder=hello).document["result"]["operated"] is False


def test_a_reader_that_goes_away_is_no_error_message(hello: Path) -> None:
    shown = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -c "from modelwright.cli.main import main; main()" schema | head -1'],
        cwd=hello, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.stdout == "{\n"
    assert "Traceback" not in shown.stderr
    assert "MW9999" not in shown.stderr


def test_an_exposed_token_is_found_by_the_doctor(hello: Path) -> None:
    token = Path(call("outputs", "hello-api", "token_file", folder=hello).out.strip())
    token.chmod(0o644)
    try:
        said = call("doctor", folder=hello)
    finally:
        token.chmod(0o600)
    assert said.status == 1
    assert "others can read" in said.out


def test_a_process_that_is_gone_is_found_by_the_doctor(hello: Path) -> None:
    note = hello / ".modelwright/dev/endpoints/hello-api/v0-r0.pid.json"
    note.write_text(json.dumps({"pid": os.getpid(), "started": "1", "boot": ""}))
    try:
        said = call("doctor", folder=hello)
    finally:
        note.unlink()
    assert said.status == 0
    assert "v0-r0.pid.json" in said.out.replace("\n", "")


def test_an_altered_event_ends_with_thirteen_and_is_named(hello: Path) -> None:
    event = hello / ".modelwright/dev/control/ledger/v1/model/hello/000000000002.json"
    content = event.read_bytes()
    event.chmod(0o644)
    event.write_bytes(content.replace(b"version.verified", b"version.Verified"))
    try:
        said: Said = call("ledger", "verify", "--json", folder=hello)
    finally:
        event.write_bytes(content)
    assert said.status == 13
    findings = said.document["result"]["findings"]
    assert findings[0]["stream"] == "model/hello"
    assert findings[0]["seq"] == 2
    assert said.document["diagnostics"][0]["code"] == "MW2101"


def test_prune_removes_old_runs_but_never_what_serves(hello: Path) -> None:
    said = call("prune", "--runs-older-than", "0s", "--capture-older-than", "0s", "--dry-run", "--json", folder=hello)
    groups = [group["what"] for group in said.document["result"]["groups"]]
    assert "run train-hello-1" not in groups
    assert not any(group.startswith("capture") for group in groups)  # the monitor's window still needs them
    removed = call("prune", "--runs-older-than", "0s", "--yes", "--json", folder=hello)
    assert removed.document["result"]["objects"] == sum(
        group["objects"] for group in removed.document["result"]["groups"]
    )
    assert call("endpoint", "invoke", "--sample", folder=hello).status == 0
    assert call("runs", "show", "train-hello-1", folder=hello).status == 0


def test_the_report_is_one_file_without_outside_addresses(hello: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    said = call("monitor", "report", "hello-watch", "--html", str(page), folder=hello)
    assert said.status == 0
    text = page.read_text()
    assert "hello-api in service" in text
    assert "release 1 is live" in text
    assert not re.search(r"(?:src|href)=", text)


def test_a_second_promotion_can_be_rolled_back(tmp_path: Path) -> None:
    folder = write_hello(tmp_path)
    try:
        assert call("up", folder=folder).status == 0
        for number, strength in enumerate(("0.5", "2.0"), start=1):
            said = call("train", "train-hello", "--param", f"C={strength}", "--promote", folder=folder)
            assert said.status == 0, said.err
            assert _serving(folder) == number
        said = call("endpoint", "rollback", "--reason", "complaints", folder=folder)
        assert said.status == 0, said.err
        assert _serving(folder) == 1
        assert "complaints" in call("endpoint", "history", folder=folder).out
    finally:
        call("destroy", "--yes", "--allow-data-loss", "foundation", folder=folder)


def _serving(hello: Path) -> int:
    return int(call("endpoint", "invoke", "--sample", "--json", folder=hello).document["result"]["version"])
