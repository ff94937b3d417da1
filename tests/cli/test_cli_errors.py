from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from tests.cli.shells import Screen, call

from modelwright import errors
from modelwright.cli import failure
from modelwright.cli.crash import redact
from modelwright.cli.explanations import exit_statuses, explanations
from modelwright.cli.reference import command_page, error_page
from modelwright.cli.session import Session
from modelwright.cli.terminal import open_terminal
from modelwright.errors import InvalidProjectError, ModelwrightError, Problem

REPOSITORY = Path(__file__).parents[2]
CLASSES = sorted(
    {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ModelwrightError)},
    key=lambda kind: kind.code,
)
# SPEC: 0 ok, 1 error, 2 usage, 3 credentials, 4 provider, 5 gate, 6 environment, 7 changes, 8 cancelled, 9 timeout,
# 10 lost a race, 11 drift, 12 approval, 13 integrity, 14 a store that does not keep its word.
FAMILIES = {
    "MW10": {1, 2}, "MW11": {3}, "MW12": {4}, "MW13": {5}, "MW14": {6}, "MW15": {7}, "MW16": {8}, "MW17": {9},
    "MW18": {10}, "MW19": {11}, "MW20": {12}, "MW21": {13}, "MW22": {1, 2}, "MW23": {14},
}  # fmt: skip


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_class_is_explained_with_causes_and_a_remedy(kind: type[ModelwrightError]) -> None:
    entry = explanations()[kind.code]
    assert entry.title
    assert entry.meaning.endswith(".")
    assert entry.causes
    assert len(entry.remedy) > 20


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_exit_statuses_follow_the_published_families(kind: type[ModelwrightError]) -> None:
    assert kind.exit_status in FAMILIES[kind.code[:4]]
    assert exit_statuses()[kind.code] == kind.exit_status


def test_no_code_is_explained_that_nothing_raises() -> None:
    assert set(explanations()) == {kind.code for kind in CLASSES} | {"MW9999"}


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in CLASSES}) == len(CLASSES)


def test_remedies_name_verbs_that_exist() -> None:
    from modelwright.cli.catalogue import verbs

    text = " ".join(entry.remedy + " ".join(entry.causes) for entry in explanations().values())
    named = set(re.findall(r"`modelwright ([a-z]+)", text))
    assert named <= set(verbs())


@pytest.mark.parametrize(("name", "write"), [("errors.md", error_page), ("cli.md", command_page)])
def test_reference_pages_are_what_the_code_says(name: str, write: Callable[[], str]) -> None:
    page = REPOSITORY / "docs/reference" / name
    again = "write them again: python -m modelwright.cli.reference docs/reference"
    assert page.read_text(encoding="utf-8") == write(), again


@pytest.mark.parametrize("code", ["MW1002", "mw1301"])
def test_explain_prints_a_code(code: str) -> None:
    said = call("explain", code)
    assert said.status == 0
    assert said.out.startswith(f"{code.upper()}: ")
    assert "Likely causes:" in said.out


def test_explain_answers_an_unknown_code_with_the_nearest() -> None:
    said = call("explain", "MW1302")
    assert said.status == 1
    assert "did you mean 'MW1" in said.err


def rendered(error: ModelwrightError) -> str:
    return failure.render(error, open_terminal(Screen(), "auto", {}))


def test_an_error_says_what_where_what_to_do_and_where_to_read_more() -> None:
    text = rendered(
        errors.NotReleasedError("nothing serves", where="delay-api", remedy="modelwright train t --promote")
    )
    assert text.splitlines() == [
        "error MW2202: nothing serves",
        "  where: delay-api",
        "  what to do: modelwright train t --promote",
        "  more: modelwright explain MW2202",
    ]


def test_ten_problems_are_shown_and_the_others_counted() -> None:
    problems = [Problem(f"endpoint.f{index}", "wrong", "be right", "project.py", index + 1) for index in range(14)]
    text = rendered(InvalidProjectError(problems))
    assert text.startswith("error MW1002: 14 problems in the project")
    assert "project.py:1  endpoint.f0" in text
    assert text.count("wrong") == 10
    assert "and 4 more" in text


def test_one_problem_is_counted_as_one() -> None:
    error = InvalidProjectError([Problem("endpoint.f", "wrong")])
    assert rendered(error).startswith("error MW1002: 1 problem in the project")
    assert error.to_dict()["message"] == "1 problem in the project"


def test_a_hostile_message_is_made_harmless() -> None:
    text = rendered(ModelwrightError("a\x1b[2Jb\nsecond line", remedy="\x1b]0;x\x07c"))
    assert text.splitlines()[:3] == ["error MW1000: ab", "  second line", "  what to do: c"]


ARGUMENTS = ["train", "job", "--param", "password=hunter2222"]


def raised(error: Exception) -> Exception:
    """Return an error with the traceback of this place."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        fail()
    return caught.value


def test_an_unexpected_exception_is_our_bug_with_a_report_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("MY_API_TOKEN", "s3cr3t-value-of-mine")
    status = failure.report(raised(ZeroDivisionError("by s3cr3t-value-of-mine")), None, ARGUMENTS)
    said = capsys.readouterr()
    assert status == 255
    assert said.out == ""
    assert "Traceback" not in said.err
    (report,) = tmp_path.glob("modelwright-crash-*.txt")
    assert str(report) in said.err
    content = report.read_text()
    assert "ZeroDivisionError" in content
    assert "test_cli_errors.py" in content
    assert "s3cr3t" not in content
    assert "hunter2222" not in content
    assert report.stat().st_mode & 0o077 == 0


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    error = raised(errors.NotFoundError("no such run"))
    failure.report(error, Session(verb="runs show", debug=True), [])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_ends_with_the_status_of_a_cancellation(stop: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert failure.report(stop, None, ["up"]) == 8
    assert "run the same command again" in capsys.readouterr().err


def test_a_full_disk_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure.report(OSError(28, "No space left on device", "/data/x"), None, ["up"]) == 1
    assert "the disk is full: /data/x" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-ghi",
        "postgres://user:pa55word@host/db",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "token=0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef0123456789abcdef",
    ],
)
def test_secrets_are_redacted(text: str) -> None:
    shown = redact(text, {})
    assert "[redacted]" in shown
    for secret in ("abc.def-ghi", "pa55word", "wJalrXUtnFEMI", "0123456789abcdef0123456789abcdef"):
        assert secret not in shown


def test_ordinary_words_are_not_redacted() -> None:
    text = 'File "/usr/lib/python3.11/site-packages/modelwright/lifecycle/registration.py", line 12, in register'
    assert redact(text, {"HOME": "/srv/ana"}) == text


def test_a_usage_error_under_json_is_a_document() -> None:
    said = call("train", "--json")
    assert said.status == 2
    assert said.document["schema"] == "modelwright.cli.train/1"
    assert said.document["result"] is None
    (diagnostic,) = said.document["diagnostics"]
    assert diagnostic["severity"] == "error"
    assert diagnostic["code"] == "MW1001"


def test_json_can_be_asked_for_in_the_environment() -> None:
    assert call("nonsense", MODELWRIGHT_JSON="1").document["schema"].startswith("modelwright.cli.")


def test_common_options_may_stand_before_the_verb() -> None:
    assert call("--json", "explain", "MW1001").document["result"]["code"] == "MW1001"
