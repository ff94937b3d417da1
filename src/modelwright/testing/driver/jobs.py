"""What `Jobs` must do: run once whatever is asked, tell the truth about it, and stop."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.contract.driver import JobStatus
from modelwright.testing.check import require
from modelwright.testing.driver.applied import Applied
from modelwright.testing.driver.check import DriverCheck
from modelwright.testing.driver.project import COMPLAINT, MARKER

_ENDED = {"succeeded", "failed", "cancelled", "lost"}
_SEEN = {"queued", "running", *_ENDED}


def checks() -> Iterator[DriverCheck]:
    """Yield them."""
    needs = "learn/train"
    yield DriverCheck("jobs[started twice is one]", needs, _once)
    yield DriverCheck("jobs[a failure is explained]", needs, _failure)
    yield DriverCheck("jobs[unknown is lost]", needs, _unknown)
    yield DriverCheck("jobs[cancelled]", needs, _cancelled)
    yield DriverCheck("jobs[logs go on from an offset]", needs, _logs)


def _ended(platform: Applied, job: str) -> JobStatus:
    status = platform.until(
        f"job {job!r} never ends", lambda: platform.driver.jobs.status(job), lambda status: status.state in _ENDED
    )
    require(status.state in _SEEN, f"{platform.adapter.name}: {status.state!r} is no state of a job")
    return status


def _once(platform: Applied) -> None:
    jobs, who = platform.driver.jobs, platform.adapter.name
    for _ in range(3):
        jobs.start("kit-once", platform.run("learn", "kit-once"))
    status = _ended(platform, "kit-once")
    require(status.state == "succeeded", f"adapter {who!r}: a job that works {status.state}: {status.reason}")
    require(
        status.started is not None and status.ended is not None and status.started <= status.ended,
        f"adapter {who!r}: an ended job says {status.started} for its start and {status.ended} for its end",
    )
    jobs.start("kit-once", platform.run("learn", "kit-once"))
    again = jobs.status("kit-once")
    require(again == status, f"adapter {who!r}: starting an ended job again changed it from {status} to {again}")
    result = platform.driver.store.get("runs/kit-once/result.json")
    require(result is not None, f"adapter {who!r}: a run that succeeded left no runs/kit-once/result.json")
    count = jobs.logs("kit-once")[0].count(MARKER)
    require(count <= 1, f"adapter {who!r}: a job that was started four times ran {count} times")


def _failure(platform: Applied) -> None:
    platform.driver.jobs.start("kit-failure", platform.run("fail", "kit-failure"))
    status = _ended(platform, "kit-failure")
    who = platform.adapter.name
    require(status.state == "failed", f"adapter {who!r}: a job that raises {status.state}")
    require(COMPLAINT in status.reason, f"adapter {who!r}: the reason of a failure lacks the error: {status.reason!r}")
    require(
        "training.py" in status.reason, f"adapter {who!r}: a failure names no line of the user's: {status.reason!r}"
    )


def _unknown(platform: Applied) -> None:
    status = platform.driver.jobs.status("kit-never-started")
    require(
        status.state == "lost", f"adapter {platform.adapter.name!r}: a job that never was is {status.state}, not lost"
    )


def _cancelled(platform: Applied) -> None:
    jobs, job, who = platform.driver.jobs, "kit-cancelled", platform.adapter.name
    jobs.start(job, platform.run("wait", job))
    platform.until("a job never runs", lambda: jobs.status(job), lambda status: status.state == "running")
    jobs.cancel(job)
    status = _ended(platform, job)
    require(status.state == "cancelled", f"adapter {who!r}: a cancelled job {status.state}")
    jobs.cancel(job)
    jobs.start(job, platform.run("wait", job))
    require(jobs.status(job).state == "cancelled", f"adapter {who!r}: a cancelled job was started again")


def _logs(platform: Applied) -> None:
    jobs, who = platform.driver.jobs, platform.adapter.name
    jobs.start("kit-once", platform.run("learn", "kit-once"))
    _ended(platform, "kit-once")
    text, offset = jobs.logs("kit-once")
    require(
        offset == len(text.encode()) or not text.isascii(),
        f"adapter {who!r}: after {len(text.encode())} bytes of a log the offset is {offset}",
    )
    require(jobs.logs("kit-once", offset) == ("", offset), f"adapter {who!r}: a log goes on after its end")
    rest = jobs.logs("kit-once", offset // 2)[0]
    require(text.endswith(rest), f"adapter {who!r}: a log read from byte {offset // 2} is not the rest of it")
    require(jobs.logs("kit-never-started") == ("", 0), f"adapter {who!r}: a job that never was has a log")
