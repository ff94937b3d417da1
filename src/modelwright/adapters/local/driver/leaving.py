"""The end of an environment: the jobs that still run, and the folder that all environments of a project share."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from modelwright.adapters.local.driver.folder import IGNORE


def cancel_jobs(root: Path) -> None:
    """Cancel every job of the environment in `root`."""
    names = [job.name for job in (root / "jobs").iterdir() if job.is_dir()] if (root / "jobs").is_dir() else []
    if names:
        from modelwright.adapters.local.driver.jobs import LocalJobs

        jobs = LocalJobs(root)
        for name in names:
            jobs.cancel(name)


def leave(top: Path, lock: Path) -> None:
    """Give the environment's lock up, and remove the folder of all environments with the last one."""
    lock.unlink()
    if {path.name for path in top.iterdir()} <= {IGNORE}:
        (top / IGNORE).unlink(missing_ok=True)
        with suppress(OSError):  # another environment may be coming up this very moment
            top.rmdir()
