"""The adapter that comes with modelwright passes the kit that is published for everybody else's."""

from __future__ import annotations

import pytest

from modelwright.testing import Check, conformance

CHECKS = [
    *conformance("local"),
    *(
        check
        for check in conformance("local", {"accelerators": "ignore"})
        if check.name.startswith(("feature[cluster.acc", "feature[endpoint.acc", "field[accelerator", "field[cluster."))
    ),
]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_local_adapter_does_what_it_says(check: Check) -> None:
    check()
