"""Edits of endpoints, rollouts and guardrails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.spec.endpoint import Autoscale
from modelwright.spec.guardrail import Guardrail
from modelwright.spec.image import Image
from modelwright.spec.reference import Secret
from modelwright.spec.rollout import AllAtOnce, Canary
from modelwright.testing.corpus import parts
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.corpus.learning import TOKEN
from modelwright.testing.corpus.making import adds, changes

MODES = ("realtime", "serverless", "async", "batch")
ONLINE = MODES[:3]
_CHALLENGER = "delay@challenger"
_NIGHTLY = "0 3 * * *"
_RANGE = Guardrail.range("distance", 0, 6000, action="abstain")


def edits() -> Iterator[Edit]:
    """Yield them; what several modes have is edited in each, so that an adapter of any of them can be looked at."""
    yield from _modes()
    for mode in MODES:
        yield from _every_mode(mode)
        yield from _guardrails(mode)
    for mode in ONLINE:
        yield from _online(mode)
    yield from _instances()
    yield from _rollouts()
    yield from _batches()


def _modes() -> Iterator[Edit]:
    for mode in MODES:
        yield adds("endpoint", parts.endpoint(mode), shows=f"endpoint.mode.{mode}")
    yield from changes("endpoint", parts.endpoint("realtime"), {"mode": ("realtime", "serverless")})
    yield from changes("endpoint", parts.endpoint("realtime"), {"mode": ("realtime", "async")})
    yield from changes("endpoint", parts.endpoint("serverless"), {"mode": ("serverless", "async")})
    yield adds("endpoint", parts.endpoint("realtime"), shows="endpoint.rollout.all_at_once")
    yield adds("endpoint", parts.endpoint("batch"), shows="endpoint.rollout.all_at_once")


def _every_mode(mode: str) -> Iterator[Edit]:
    yield from changes("endpoint", parts.endpoint(mode), {
        "serves": (parts.CHAMPION, "delay@stable"),
        "capture": (0.0, 0.2),
        "keys": ((), ["flight_id"]),
        "event_time": (None, "scheduled"),
        "guardrails": ((), [_RANGE]),
        "env": ({}, {"MODE": "fast"}),
        "image": (None, Image(env={"MODE": "fast"})),
        "cpus": (None, 2.0),
        "memory": (None, "2GiB"),
        "accelerator": ((), ["L4"]),
    })  # fmt: skip
    yield from changes("endpoint", parts.endpoint(mode), {
        "capture": (0.2, 1.0),
        "event_time": ("scheduled", "departed"),
        "env": ({"TOKEN": "none"}, {"TOKEN": Secret(TOKEN)}),
        "cpus": (2.0, 4.0),
        "memory": ("2GiB", "4GiB"),
    })  # fmt: skip
    yield from changes("endpoint", parts.endpoint(mode), {"event_time_tolerance": ("1d", "2d")},
                       beside={"event_time": "scheduled"})  # fmt: skip


def _online(mode: str) -> Iterator[Edit]:
    yield from changes("endpoint", parts.endpoint(mode), {
        "serves": (parts.CHAMPION, {parts.CHAMPION: 90, _CHALLENGER: 10}),
        "shadow": (None, _CHALLENGER),
        "timeout": ("30s", "5s"),
        "max_body": ("8MiB", "1MiB"),
        "queue": (256, 16),
    })  # fmt: skip
    yield from changes("endpoint", parts.endpoint(mode), {"mirror": (1.0, 0.5)}, beside={"shadow": _CHALLENGER})
    yield from changes("endpoint", parts.endpoint(mode), {"shadow": (_CHALLENGER, "delay@next")})


def _instances() -> Iterator[Edit]:
    place = parts.endpoint("realtime")
    yield from changes("endpoint", place, {"instances": (1, 2)})
    yield from changes("endpoint", place, {"instances": (2, 3)})
    yield from changes("endpoint", place, {"instances": (1, (0, 1))})
    for name, first, second in (("requests_per_second", 100.0, 200.0), ("concurrency", 4, 8), ("cpu", 0.5, 0.7)):
        scale: dict[str, Any] = {name: first}
        yield adds("autoscale", parts.autoscale, **scale)
        yield from changes("autoscale", parts.autoscale, {name: (first, second)})
        yield from changes("endpoint", place, {"autoscale": (None, Autoscale(**scale))}, beside={"instances": (2, 2)})
    yield from changes("autoscale", parts.resting, {"cooldown": ("5m", "1m")})


def _rollouts() -> Iterator[Edit]:
    place, conditions = parts.canary, ["error_rate > 0.01"]
    steps = Canary(steps=[10, 50], rollback_when=())
    yield from changes("endpoint", parts.endpoint("realtime"), {"rollout": (AllAtOnce(), steps)})
    yield from changes("endpoint", parts.endpoint("batch"), {"rollout": (AllAtOnce(), steps)})
    yield from changes("canary", place, {
        "steps": ([10, 50], [25]),
        "bake": ("10m", "1h"),
        "min_requests": (0, 200),
        "rollback_when": ((), conditions),
    })  # fmt: skip
    yield from changes("canary", place, {"rollback_when": (conditions, ["p99_ms > 3 * stable"])})


def _batches() -> Iterator[Edit]:
    place = parts.endpoint("batch")
    yield from changes("endpoint", place, {
        "source": ("lake/rows", "lake/others"),
        "to": ("lake/scores", "lake/others"),
        "schedule": (None, _NIGHTLY),
    })  # fmt: skip
    yield from changes("endpoint", place, {"schedule": (_NIGHTLY, "0 4 * * *")})
    yield from changes("endpoint", place, {"timezone": ("UTC", "Europe/Berlin")}, beside={"schedule": _NIGHTLY})


def _guardrails(mode: str) -> Iterator[Edit]:
    kind, place = "guardrail", parts.guardrail(mode)
    flagged = parts.guarded(Guardrail.range("distance", 0, action="flag"), mode=mode)
    abstains = parts.guarded(_RANGE, mode=mode)
    missing = parts.guarded(Guardrail.missing("temp"), mode=mode)
    yield adds(kind, missing, low=0.0)
    yield adds(kind, flagged, condition="category", column="carrier", known="reference")
    yield adds(kind, flagged, condition="missing", column="carrier")
    yield adds(kind, flagged, condition="confidence", column=None, below=0.5)
    yield adds(kind, abstains, low=0.0, action="flag")
    yield adds(kind, flagged, low=0.0, action="abstain")
    yield adds(kind, flagged, low=0.0, action="reject")
    yield adds(kind, flagged, low=0.0, action="override", value={"prediction": 0})
    yield adds(kind, flagged, low=0.0, action="fallback", to="delay:3")
    low = {"low": 0.0}
    yield from changes(kind, place, {
        "condition": ("range", "missing"), "column": ("distance", "speed"), "low": (0.0, 1.0), "high": (None, 6000.0),
        "action": ("flag", "abstain"),
    }, beside=low)  # fmt: skip
    category = {"condition": "category", "column": "carrier"}
    yield from changes(kind, place, {"known": ("reference", ["AA", "UA"])}, beside=category)
    yield from changes(kind, place, {"below": (0.5, 0.6)}, beside={"condition": "confidence", "column": None})
    override = {**low, "action": "override"}
    yield from changes(kind, place, {"value": ({"prediction": 0}, {"prediction": 1})}, beside=override)
    yield from changes(kind, place, {"to": ("delay:3", "delay:4")}, beside={**low, "action": "fallback"})
