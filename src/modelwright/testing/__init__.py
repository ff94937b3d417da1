"""The conformance kit: whoever writes an adapter tests it with the same checks that the built-in one passes.

```python
import pytest
from modelwright.testing import conformance

@pytest.mark.parametrize("check", conformance("acme", {"region": "eu-1"}), ids=str)
def test_acme_does_what_it_says(check):
    check()
```

Without pytest: `python -m modelwright.testing acme --settings '{"region": "eu-1"}'`.

A driver is tried on its real platform, with jobs that run and versions that serve:

```python
@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with applied("acme", tmp_path_factory.mktemp("acme"), {"region": "eu-1"}) as platform:
        yield platform

@pytest.mark.parametrize("check", driver_checks(), ids=str)
def test_the_driver_keeps_the_contract(check, platform):
    check(platform)
```
"""

from __future__ import annotations

from modelwright.testing.check import Check, ConformanceError
from modelwright.testing.driver import Applied, DriverCheck, applied, driver_checks
from modelwright.testing.suite import conformance

__all__ = ["Applied", "Check", "ConformanceError", "DriverCheck", "applied", "conformance", "driver_checks"]
