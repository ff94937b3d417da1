"""Support tables answer everything, and gaps are refused all at once."""

from __future__ import annotations

import pytest

from modelwright.adapters.local.support import SUPPORT
from modelwright.contract.support import Support, emulated, gaps, moved, native, never, refuse_gaps, todo, upstream
from modelwright.errors import UnsupportedError, UsageError
from modelwright.spec.feature import FEATURES

TABLE = {
    "shadow": never("traffic cannot be mirrored", instead="a canary"),
    "drift": emulated("a job"),
    "batch": native(),
    "async": todo("nobody asked"),
    "zero": upstream("preview only"),
}


def test_the_built_in_adapter_answers_for_every_feature() -> None:
    assert set(SUPPORT) == set(FEATURES)


def test_a_missing_answer_is_named() -> None:
    with pytest.raises(UsageError, match="no answer for shadow"):
        Support({"drift": native()}, features=["drift", "shadow"])


def test_an_answer_for_what_is_no_feature_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="'shaddow'") as caught:
        Support({"shaddow": native(), "shadow": native()}, features=["shadow"])
    assert "did you mean 'shadow'?" in str(caught.value)


def test_every_answer_that_says_no_says_why_and_never_says_what_instead() -> None:
    for feature, answer in SUPPORT.items():
        assert answer.works or answer.how, feature
        assert answer.level != "never" or answer.instead, feature
        assert answer.level != "emulated" or answer.how, feature


def test_all_gaps_are_refused_in_one_error_with_reason_and_alternative() -> None:
    wanted = [
        ("api", "shadow"),
        ("api", "batch"),
        ("watch", "drift"),
        ("api", "async"),
        ("gpus", "zero"),
        ("api", "shadow"),
    ]
    with pytest.raises(UnsupportedError) as caught:
        refuse_gaps(gaps(wanted, TABLE), "acme")
    text = str(caught.value)
    assert "3 things that adapter 'acme' does not support" in text
    assert "api relies on shadow: not possible, traffic cannot be mirrored; instead: a canary" in text
    assert "api relies on async: not yet, nobody asked" in text
    assert "gpus relies on zero: not yet upstream, preview only" in text
    assert caught.value.exit_status == 2


def test_without_gaps_nothing_is_raised() -> None:
    refuse_gaps(gaps([("api", "batch"), ("watch", "drift")], TABLE), "acme")


def test_a_move_between_tables_says_what_is_lost_gained_weaker_and_stronger() -> None:
    there = {
        "shadow": native("acme:Mirror"),
        "drift": todo("not yet"),
        "batch": emulated("a loop"),
        "async": todo("another reason"),
        "zero": emulated("a script"),
    }
    assert {one.feature: one.move for one in moved(TABLE, there)} == {
        "shadow": "gained",
        "drift": "lost",
        "batch": "weaker",
        "zero": "gained",
    }
    assert {one.feature: one.move for one in moved(there, TABLE)}["batch"] == "stronger"
    assert moved(TABLE, TABLE) == ()


def test_evidence_stands_with_the_answer() -> None:
    assert native("acme:Bucket", "acme.Create$weights").evidence == ("acme:Bucket", "acme.Create$weights")
    assert emulated("a job").evidence == ()
