"""One idempotent tick: observe what the platform says, decide, move each stream at most one step.

Called by foreground verbs, by the operator and at the end of monitor schedules. What fails in one stream is reported
as its step and holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from modelwright.errors import ModelwrightError
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.promotion import advance_promotion
from modelwright.lifecycle.retraining import advance_retrained
from modelwright.lifecycle.schedules import advance_schedule, schedules
from modelwright.lifecycle.serving import advance_endpoint
from modelwright.lifecycle.training import advance_run, training_state
from modelwright.lifecycle.watching import advance_monitor
from modelwright.lifecycle.witness import advance_witness

Move = Callable[[], Step | list[Step] | None]


def tick(platform: LivePlatform, *, schedules: bool = True) -> tuple[Step, ...]:
    """Move every stream at most one step; return what was done and what is waited for.

    With `schedules=False`, only what was begun is finished: no monitor, materialisation or batch is started.
    """
    platform.refresh()
    return tuple(s for stream, move in _moves(platform, start=schedules) for s in _taken(stream, move))


def _taken(stream: str, move: Move) -> list[Step]:
    try:
        found = move()
    except (ModelwrightError, OSError) as error:
        return [Step(stream, str(error) or type(error).__name__, failed=True)]
    return found if isinstance(found, list) else [found] if found is not None else []


def _moves(platform: LivePlatform, *, start: bool) -> Iterator[tuple[str, Move]]:
    record = platform.record
    for job in record.of_kind("training"):
        yield f"training/{job}", partial(_advance_runs, platform, job)
        yield f"training/{job}", partial(advance_retrained, platform, job)
    for model in record.models:
        yield f"model/{model}", partial(advance_promotion, platform, model)
    for endpoint in record.of_kind("endpoint"):
        yield f"endpoint/{endpoint}", partial(advance_endpoint, platform, endpoint)
    for monitor in record.of_kind("monitor"):
        yield f"monitor/{monitor}", partial(advance_monitor, platform, monitor, start=start)
    for schedule in schedules(platform):
        yield f"schedule/{schedule.name}", partial(advance_schedule, platform, schedule, start=start)
    if start:
        yield "heads", partial(advance_witness, platform)


def _advance_runs(platform: LivePlatform, job: str) -> list[Step]:
    """Move each open run of a job; one that cannot be looked at holds up no other."""
    open_runs = training_state(platform, job).open
    return [step for run in open_runs for step in _taken(f"training/{job}", partial(advance_run, platform, run.run))]
