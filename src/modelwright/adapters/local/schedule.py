"""Schedules on this machine: kept in the record, run by `modelwright operate`."""

from __future__ import annotations

from modelwright.contract.outputs import ScheduleOutputs
from modelwright.contract.schedule import Schedule
from modelwright.contract.scope import Scope


def lower(schedule: Schedule, scope: Scope) -> ScheduleOutputs:
    """Add the schedule."""
    name = f"{schedule.owner}.{schedule.part}" if schedule.part else schedule.owner
    inputs = {"name": name, "cron": schedule.cron, "timezone": schedule.timezone, "request": schedule.request}
    made = scope.add("local:Schedule", inputs, part=f"{schedule.part}/schedule" if schedule.part else "schedule")
    return ScheduleOutputs(name=made.ref("name"))
