"""Waiting ends as soon as there is something, and says what it saw when there is not."""

from __future__ import annotations

import itertools

import pytest
from tests.waiting import eventually


def test_the_first_true_result_is_returned() -> None:
    numbers = itertools.count()
    assert eventually(lambda: next(numbers) // 3, every=0.001) == 1


def test_errors_of_what_is_not_there_yet_are_waited_out() -> None:
    numbers = itertools.count()

    def check() -> str:
        if next(numbers) < 3:
            raise ConnectionRefusedError
        return "there"

    assert eventually(check, every=0.001) == "there"


def test_time_that_is_up_says_what_was_seen_last() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.01 s; last seen: \[\]"):
        eventually(list, within=0.01, every=0.001)


def test_an_error_that_waiting_cannot_cure_ends_it_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 // 0, within=60)
