"""The clock is set back by an hour: nothing is ordered by it, nothing runs twice, nothing waits for ever."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from tests.faults.surroundings import mw, state, within, works
from tests.waiting import eventually

# The system's own clock, as the C library reads it for every program, moved by CLOCK_SHIFT seconds.
SHIFT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long shift(void) { const char *by = getenv("CLOCK_SHIFT"); return by ? atol(by) : 0; }
int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int said = real(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec += shift();
  return said;
}
int gettimeofday(struct timeval *now, void *zone) {
  struct timespec exact;
  int said = clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec; now->tv_usec = exact.tv_nsec / 1000;
  return said;
}
time_t time(time_t *now) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (now) *now = exact.tv_sec;
  return exact.tv_sec;
}
"""
HOURLY = """
from modelwright import DataStore, FeatureStore, FeatureView, Project

lake = DataStore("lake")
view = FeatureView("hours", entity="ward", timestamp="hour", source=lake / "rows", features={"visits": "int64"},
                   refresh="0 * * * *")
project = Project("hourly", [lake, FeatureStore("features", store="lake", views=[view])])
"""


@pytest.fixture(scope="module")
def an_hour_ago(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """The variables of a process whose clock is set back by an hour."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler, by which the system's clock is set for one process")
    folder = tmp_path_factory.mktemp("shift")
    (folder / "shift.c").write_text(SHIFT)
    argv = [compiler, "-shared", "-fPIC", "-o", str(folder / "shift.so"), str(folder / "shift.c"), "-ldl"]
    built = subprocess.run(argv, capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.skip(f"the clock cannot be set for one process here: {built.stderr}")
    return {"LD_PRELOAD": str(folder / "shift.so"), "CLOCK_SHIFT": "-3600"}


def test_a_life_goes_on_after_the_clock_was_set_back(serving: Path, an_hour_ago: dict[str, str | None]) -> None:
    before = within("ledger", "log", "--json", folder=serving).result
    works("up", folder=serving, env=an_hour_ago)
    works("train", "fit", "--promote", folder=serving, env=an_hour_ago)
    works("endpoint", "invoke", "--sample", folder=serving, env=an_hour_ago)
    works("operate", "--once", folder=serving, env=an_hour_ago)
    after = within("ledger", "log", "--json", "--last", "100", folder=serving).result
    early = [event for event in after if event not in before]
    assert early
    assert max(event["recorded"] for event in early) < min(event["recorded"] for event in before)
    for stream in {event["stream"] for event in after}:
        numbers = [event["seq"] for event in after if event["stream"] == stream]
        assert numbers == list(range(1, len(numbers) + 1)), "what was decided later is shown later"
    assert within("ledger", "verify", folder=serving).status == 0
    assert within("model", "show", "risk@champion", "--json", folder=serving).result["version"] == 2
    assert within("runs", "show", "fit-2", "--json", folder=serving).result["state"] == "succeeded"
    assert within("status", folder=serving).status == 0


def test_an_operator_that_died_in_the_future_is_not_taken_for_alive(serving: Path) -> None:
    heartbeat = state(serving) / "operator.json"
    heartbeat.write_text('{"pid": 1, "owner": "1-x", "at": %f}' % (time.time() + 3600))
    try:
        assert within("status", "--json", folder=serving).result["operated"] is False
    finally:
        heartbeat.unlink()


def test_a_job_that_was_lost_in_the_future_does_not_wait_for_the_clock(serving: Path) -> None:
    from modelwright.adapters.local.driver.jobs import LocalJobs

    folder = state(serving) / "jobs/left-1"
    folder.mkdir()
    job = (state(serving) / "jobs/fit-1/job.json").read_text()
    (folder / "job.json").write_text(job)
    jobs = LocalJobs(state(serving))
    assert jobs.status("left-1").state == "queued"  # it may just be starting
    later = time.time() + 3600
    os.utime(folder / "job.json", (later, later))
    assert jobs.status("left-1").state == "lost"


def test_a_schedule_runs_neither_twice_nor_never(tmp_path: Path, an_hour_ago: dict[str, str | None]) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "project.py").write_text(HOURLY)

    def runs(env: dict[str, str | None] | None) -> int:
        works("operate", "--once", folder=folder, env=env)
        eventually(lambda: all((job / "exit.json").exists() for job in (state(folder) / "jobs").iterdir()), within=120)
        works("operate", "--once", folder=folder, env=env)
        return len(list((state(folder) / "jobs").iterdir()))

    try:
        works("up", folder=folder)
        assert runs(None) == 1  # a view is filled at once
        assert runs(an_hour_ago) == 1  # an hour that comes twice is worked on once
        assert runs({**an_hour_ago, "CLOCK_SHIFT": "3600"}) == 2  # the next hour has come
    finally:
        mw(
            "destroy",
            "--yes",
            *(f"--allow-data-loss={name}" for name in ("foundation", "lake", "features")),
            folder=folder,
        )
