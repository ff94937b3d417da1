"""What can be removed from a control store: old runs and captured requests that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelwright.lifecycle.platform import LivePlatform

_SLACK = timedelta(days=1)
_KEPT = "/result.json"


@dataclass(frozen=True, slots=True)
class Prunable:
    """Objects that can go together, and why."""

    what: str
    why: str
    keys: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the group as a document holds it."""
        return {"what": self.what, "why": self.why, "objects": len(self.keys)}


def prunable(platform: LivePlatform, *, runs_older: timedelta, captures_older: timedelta) -> Iterator[Prunable]:
    """Yield what can go: files of old runs (their results stay), and captured requests no window needs any more."""
    yield from _runs(platform, platform.now() - runs_older)
    for endpoint in platform.record.of_kind("endpoint"):
        before = platform.now() - max(captures_older, _needed(platform, endpoint))
        yield from _captures(endpoint, platform.store.keys(f"capture/{endpoint}/"), before)


def _runs(platform: LivePlatform, before: datetime) -> Iterator[Prunable]:
    from modelwright.lifecycle.training import training_state

    kept = referenced_runs(platform)
    for job in platform.record.of_kind("training"):
        for run in training_state(platform, job).runs.values():
            ended = run.ended
            if not run.over or ended is None or ended >= before or run.run in kept:
                continue
            keys = [key for key in platform.store.keys(f"runs/{run.run}/") if not key.endswith(_KEPT)]
            if keys:
                yield Prunable(f"run {run.run}", f"{run.state} on {ended:%Y-%m-%d}; its result stays", tuple(keys))


def referenced_runs(platform: LivePlatform) -> frozenset[str]:
    """Return the runs of versions that an alias, an open promotion, or a live or rollback release refers to."""
    from modelwright.lifecycle.registration import model_state
    from modelwright.lifecycle.release import fold_endpoint
    from modelwright.lifecycle.serving import previous_release

    serving: set[tuple[str, int]] = set()
    for endpoint in platform.record.of_kind("endpoint"):
        state = fold_endpoint(platform.endpoint(endpoint).events())
        for release in (state.current, state.moving, previous_release(state)):
            if release is not None:
                serving |= set(_versions(release.wanted, release.versions.values()))
    kept: set[str] = set()
    for model in platform.record.models:
        found = model_state(platform, model)
        numbers = {*found.aliases.values(), *(p.version for p in found.promotions.values() if p.state == "open")}
        numbers |= {number for name, number in serving if name in {model, ""}}
        kept |= {found.versions[number].run for number in numbers if number in found.versions}
    return frozenset(kept)


def _versions(wanted: Mapping[str, Any], numbers: Iterable[int]) -> Iterator[tuple[str, int]]:
    """Yield model and version of what a release serves; a version whose model is not named counts for every model."""
    named = {
        (reference.partition("@")[0].partition(":")[0], number)
        for reference, number in wanted.get("targets", {}).items()
    }
    yield from named
    yield from (("", number) for number in numbers if number not in {known for _, known in named})


def _needed(platform: LivePlatform, endpoint: str) -> timedelta:
    """Return how long the monitors of an endpoint may still look back."""
    seconds = [
        float(monitor["window"])
        + max((float(c.get("labels_within") or 0) for c in monitor.get("checks", ())), default=0.0)
        for monitor in platform.record.of_kind("monitor").values()
        if monitor["endpoint"] == endpoint
    ]
    return timedelta(seconds=max(seconds, default=0.0)) + _SLACK


def _captures(endpoint: str, keys: Iterable[str], before: datetime) -> Iterator[Prunable]:
    days: dict[str, list[str]] = {}
    for key in keys:
        day = next((part.removeprefix("dt=") for part in key.split("/") if part.startswith("dt=")), "")
        days.setdefault(day, []).append(key)
    for day, found in sorted(days.items()):
        end = _end_of(day)
        if end is not None and end < before:
            yield Prunable(f"capture of {endpoint} on {day}", "beyond its retention", tuple(found))


def _end_of(day: str) -> datetime | None:
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        return None
