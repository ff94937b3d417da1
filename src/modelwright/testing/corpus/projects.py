"""Edits of the project, its environments and budget, and of what every resource has."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.spec.image import Image
from modelwright.spec.policy import Budget
from modelwright.spec.reference import Secret
from modelwright.testing.corpus import parts
from modelwright.testing.corpus.edit import Edit, Place
from modelwright.testing.corpus.learning import TOKEN
from modelwright.testing.corpus.making import adds, changes

RESOURCES: dict[str, Place] = {
    "data_store": parts.data_store,
    "feature_store": parts.feature_store,
    "cluster": parts.cluster,
    "training": parts.training,
    "model_registry": parts.model_registry,
    "endpoint": parts.endpoint("realtime"),
    "monitor": parts.monitor,
}
"""The kinds that stand in a project's list, each in its smallest surroundings."""


def edits() -> Iterator[Edit]:
    """Yield them."""
    for kind, place in RESOURCES.items():
        yield from _every_kind(kind, place)
    yield from _every_kind("endpoint", parts.endpoint("batch"))
    yield from _environments()
    yield from _projects()


def _every_kind(kind: str, place: Place) -> Iterator[Edit]:
    yield from changes(kind, place, {
        "renamed_from": ((), ["former"]),
        "adopt": (None, "id-7"),
        "protect": (False, True),
        "labels": ({}, {"team": "ml"}),
    })  # fmt: skip
    yield from changes(kind, place, {"labels": ({"team": "ml"}, {"team": "ops"})})
    yield from changes(kind, place, {"depends_on": ((), ["other"])}, extra=(parts.lake(name="other"),))


def _environments() -> Iterator[Edit]:
    yield from changes("environment", parts.environment, {
        "overrides": ({}, {"lake": {"retention": "30d"}}),
        "protect": (False, True),
        "private": (False, True),
        "encryption_key": (None, Secret(TOKEN)),
        "location": (None, "eu"),
    })  # fmt: skip
    yield from changes("environment", parts.environment, {"location": ("eu", "us"), "encryption_key": ("a", "b")})


def _projects() -> Iterator[Edit]:
    yield adds("budget", parts.budget)
    yield from changes("budget", parts.budget, {
        "monthly": (3000.0, 2000.0),
        "alert_at": (0.8, 0.9),
        "stop_at": (None, 1.2),
        "currency": ("USD", "EUR"),
    })  # fmt: skip
    yield from changes("project", parts.whole, {
        "budget": (None, Budget(monthly=3000.0)),
        "labels": ({}, {"team": "ml"}),
    })  # fmt: skip
    yield from changes("project", parts.image_of_project, {"image": (Image(), Image(env={"MODE": "fast"}))})
