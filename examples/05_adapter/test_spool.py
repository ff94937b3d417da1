"""The adapter does what its support table says: `pip install -e . && pytest`."""

import pytest

from modelwright.testing import Check, conformance


@pytest.mark.parametrize("check", conformance("spool", {"folder": "/mnt/spool"}), ids=str)
def test_spool_does_what_it_says(check: Check) -> None:
    check()
