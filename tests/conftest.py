"""What every test gets: no variable of the surroundings decides how modelwright behaves, and order does not matter."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, settings

_LEAKING = ("MODELWRIGHT_", "GITHUB_", "GITLAB_", "AWS_", "AZURE_", "GOOGLE_", "PULUMI_")

# Workers share few cores, so the time of one example says nothing; examples are derived, so that a red run repeats.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


# One seed for all workers, unless one is given: what is drawn at random is drawn from it.
_SEED = "MODELWRIGHT_TEST_SEED"
os.environ.setdefault(_SEED, str(random.SystemRandom().randrange(10_000)))


def pytest_report_header() -> str:
    return f"{_SEED}={os.environ[_SEED]} repeats what is drawn at random"


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(_LEAKING) or name == "CI":
            monkeypatch.delenv(name)
    # One thread per numeric library: on few cores, workers that each start a pool are many times slower.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
