"""Edits of data stores, feature stores and clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.spec.feature_store import FeatureView
from modelwright.testing.corpus import parts
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.corpus.making import UNSET, adds, changes

_VOLUME: dict[str, Any] = {"kind": "volume", "size": "64GiB"}
_HOURLY = "0 * * * *"


def edits() -> Iterator[Edit]:
    """Yield them."""
    yield from _data_stores()
    yield from _feature_stores()
    yield from _views()
    yield from _clusters()


def _data_stores() -> Iterator[Edit]:
    kind, place = "data_store", parts.data_store
    for held in ("object", "table", "stream"):
        yield adds(kind, place, kind=held)
    yield adds(kind, place, **_VOLUME)
    yield Edit(kind, "", {}, _VOLUME, place)
    yield adds(kind, parts.read_store, shows="data_store.existing", uri="s3://archive/2013")
    yield from changes(kind, place, {
        "kind": ("object", "table"),
        "versioned": (False, True),
        "retention": (None, "365d"),
    })  # fmt: skip
    yield from changes(kind, place, {"kind": ("object", "stream")})
    yield from changes(kind, place, {"retention": ("365d", "30d")})
    yield from changes(kind, place, {"size": ("64GiB", "128GiB")}, beside={"kind": "volume"})
    yield from changes(kind, parts.read_store, {"uri": ("s3://archive/2013", "s3://archive/2014")})


def _feature_stores() -> Iterator[Edit]:
    kind, place = "feature_store", parts.feature_store
    second = FeatureView(**{**parts.VIEW, "name": "origin", "entity": "origin", "source": "lake/features/origin"})
    yield adds(kind, place)
    yield from changes(kind, place, {
        "online": (False, True),
        "views": ([FeatureView(**parts.VIEW)], [FeatureView(**parts.VIEW), second]),
    })  # fmt: skip
    yield from changes(kind, place, {"store": ("lake", "other")}, extra=(parts.lake(name="other"),))


def _views() -> Iterator[Edit]:
    kind, place = "feature_view", parts.feature_view
    yield from changes(kind, place, {
        "name": ("carrier", "airline"),
        "entity": ("carrier", ["carrier", "origin"]),
        "timestamp": ("hour", "scheduled"),
        "created": ("created_time", "known_at"),
        "source": ("lake/features/carrier", "lake/features/airline"),
        "ttl": (None, "7d"),
        "refresh": (None, _HOURLY),
        "features": ({"mean_delay": "float64"}, {"mean_delay": "float64", "flights": "int64"}),
        "online": (None, True),
    })  # fmt: skip
    yield from changes(kind, place, {"ttl": ("7d", "1d"), "refresh": (_HOURLY, "30 * * * *")})
    yield from changes(kind, place, {"timezone": ("UTC", "Europe/Berlin")}, beside={"refresh": _HOURLY})
    yield from changes(kind, parts.joined_view, {"ttl": ("7d", "1d")})


def _clusters() -> Iterator[Edit]:
    kind, place = "cluster", parts.cluster
    yield from changes(kind, place, {
        "accelerator": ((), ["L4"]),
        "disk": (None, "100GiB"),
        "cpus": (None, 8),
        "nodes": (1, 2),
        "spot": (False, True),
        "priority": ("normal", "high"),
        "queue": (False, True),
        "reservation": (None, "block-1"),
        "warm": (None, "20m"),
        "max_hourly_cost": (None, 120.0),
    })  # fmt: skip
    yield from changes(kind, place, {
        "accelerator": (["L4"], ["L4", "T4"]),
        "disk": ("100GiB", "200GiB"),
        "cpus": (8, 16),
        "warm": ("20m", "40m"),
        "max_hourly_cost": (120.0, 60.0),
    })  # fmt: skip
    yield from changes(kind, place, {"nodes": (2, (1, 2))})
    yield from changes(kind, place, {"nodes": ((1, 2), (0, 2))})
    yield from changes(kind, parts.used_cluster, {"memory": (None, "32GiB")})
    yield from changes(kind, parts.used_cluster, {"memory": ("32GiB", "64GiB")})
    yield from changes("accelerator", parts.accelerator, {
        "name": ("L4", "H100"),
        "count": (1, 8),
        "memory": (UNSET, "80GiB"),
    })  # fmt: skip
