"""Edits of monitors: their checks, their alerts, and what starts training again."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.spec.checks import Attribution, Bias, Drift, Performance, Quality
from modelwright.spec.monitor import Email, Retrain, Webhook
from modelwright.spec.reference import Secret
from modelwright.testing.corpus import parts
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.corpus.learning import TOKEN
from modelwright.testing.corpus.making import adds, changes


def edits() -> Iterator[Edit]:
    """Yield them."""
    yield from _monitors()
    yield from _checks()
    yield from _consequences()


def _monitors() -> Iterator[Edit]:
    kind, place = "monitor", parts.monitor
    yield adds(kind, place, shows="monitor")
    yield from changes(kind, place, {
        "checks": ([Drift()], [Drift(method="ks")]),
        "schedule": ("0 * * * *", "0 3 * * *"),
        "window": ("1d", "7d"),
        "timezone": ("UTC", "Europe/Berlin"),
        "min_rows": (100, 10),
        "alerts": ((), [Email("ml@acme.test")]),
    })  # fmt: skip
    yield from changes(kind, parts.either_watched, {"endpoint": ("api", "other")})
    yield from changes(kind, place, {"retrain": (None, Retrain("train", on=["drift"]))}, extra=(parts.job(),))


def _checks() -> Iterator[Edit]:
    for made, fields in (
        (Quality, {}),
        (Performance, {"metric": "auc", "minimum": 0.6}),
        (Bias, {"group": "carrier"}),
        (Attribution, {}),
        (Drift, {}),
    ):
        yield adds(made.KIND, parts.checked(made), **fields)
    yield from changes("drift", parts.checked(Drift), {
        "method": ("psi", "ks"), "columns": (None, ["distance"]), "threshold": ("auto", 0.2),
        "least": (0.0, 0.05),
    })  # fmt: skip
    yield from changes("quality", parts.checked(Quality), {
        "nulls": (0.0, 0.01), "new_categories": ("warn", "fail"), "out_of_range": (1.0, 0.1),
        "columns": (None, ["distance"]),
    })  # fmt: skip
    yield from changes("performance", parts.checked(Performance), {
        "metric": ("auc", "accuracy"), "minimum": (0.6, 0.7), "maximum": (None, 0.99), "labels_within": ("1d", "3d"),
        "min_matched": (0.5, 0.8),
    }, beside={"metric": "auc", "minimum": 0.6})  # fmt: skip
    yield from changes("bias", parts.checked(Bias), {
        "group": ("carrier", "origin"), "metric": ("demographic_parity", "equal_opportunity"), "threshold": (0.1, 0.2),
        "labels_within": ("1d", "3d"), "min_group": (30, 50),
    }, beside={"group": "carrier"})  # fmt: skip
    yield from changes("attribution", parts.checked(Attribution), {"threshold": (0.3, 0.2)})


def _consequences() -> Iterator[Edit]:
    yield adds("email", parts.alert(Email), address="ml@acme.test")
    yield adds("webhook", parts.alert(Webhook), url=Secret(TOKEN))
    yield adds("retrain", parts.retrain)
    yield from changes("email", parts.alert(Email), {"address": ("ml@acme.test", "ops@acme.test")})
    yield from changes("webhook", parts.alert(Webhook), {"url": ("https://a.acme.test/1", "https://a.acme.test/2")})
    yield from changes("retrain", parts.retrain, {
        "job": ("train", "train-other"), "on": (["drift"], ["quality"]), "when": ("1 of 1", "3 of 5"),
        "cooldown": ("24h", "12h"), "monthly_budget": (None, 200.0),
    })  # fmt: skip
