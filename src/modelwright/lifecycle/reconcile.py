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
from modelwright.lifecycle.schedules import advance_schedules
from modelwright.lifecycle.serving import advance_endpoint
from modelwright.lifecycle.training import advance_run, training_state
from modelwright.lifecycle.watching import advance_monitor


def tick(platform: LivePlatform, *, schedules: bool = True) -> tuple[Step, ...]:
    """Move every stream at most one step; return what was done and what is waited for.

    With `schedules=False`, only what was begun is finished: no monitor or materialisation is started.
    """
    steps: list[Step] = []
    for stream, move in _moves(platform, schedules=schedules):
        try:
            step = move()
        except ModelwrightError as error:
            step = Step(stream, str(error), failed=True)
        if step is not None:
            steps.append(step)
    return tuple(steps)


def _moves(platform: LivePlatform, *, schedules: bool) -> Iterator[tuple[str, Callable[[], Step | None]]]:
    record = platform.record
    for job in record.of_kind("training"):
        for run in training_state(platform, job).open:
            yield f"training/{job}", partial(advance_run, platform, run.run)
        yield f"training/{job}", partial(advance_retrained, platform, job)
    for model in record.models:
        yield f"model/{model}", partial(advance_promotion, platform, model)
    for endpoint in record.of_kind("endpoint"):
        yield f"endpoint/{endpoint}", partial(advance_endpoint, platform, endpoint)
    for monitor in record.of_kind("monitor"):
        yield f"monitor/{monitor}", partial(advance_monitor, platform, monitor, start=schedules)
    if schedules:
        yield "schedules", partial(advance_schedules, platform)
