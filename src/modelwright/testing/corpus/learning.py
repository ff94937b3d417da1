"""Edits of training jobs, searches and images."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.spec.cluster import Cluster
from modelwright.spec.image import Image
from modelwright.spec.reference import Given, Secret
from modelwright.spec.tuning import Tuning
from modelwright.testing.corpus import parts
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.corpus.making import adds, changes

TOKEN = "hub-token"  # noqa: S105  # the name of a secret
"""The name of the secret that the corpus refers to."""
SUBNET = "network.subnet"
"""The path of the given value that the corpus refers to."""
_SPACE = {"rate": (0.01, 0.3)}
_MACHINES = Cluster("machines", nodes=1, memory="8GiB")


def edits() -> Iterator[Edit]:
    """Yield them."""
    yield from _jobs()
    yield from _searches()
    yield from _images()


def _jobs() -> Iterator[Edit]:
    kind, place = "training", parts.training
    yield adds(kind, place)
    yield from changes(kind, place, {
        "entrypoint": ("training.py:train", "training.py:train_again"),
        "hyperparameters": ({}, {"depth": 3}),
        "tuning": (None, Tuning(objective="auc", trials=8, space=_SPACE)),
        "timeout": ("24h", "2h"),
        "retries": (0, 2),
        "checkpoint": (None, "10m"),
        "processes": (1, 4),
        "env": ({}, {"MODE": "fast"}),
        "image": (None, Image(env={"MODE": "fast"})),
        "seed": (0, 7),
        "allow_formats": ((), ["callable"]),
    })  # fmt: skip
    yield from changes(kind, place, {"retries": (2, 3), "checkpoint": ("10m", "5m"), "processes": (4, 8)})
    yield from changes(kind, place, {"env": ({"TOKEN": "none"}, {"TOKEN": Secret(TOKEN)})})
    yield from changes(kind, place, {"env": ({"NET": "none"}, {"NET": Given(SUBNET)})})
    yield from changes(kind, place, {"inputs": ({}, {"flights": "lake/flights"})}, extra=(parts.lake(),))
    yield from changes(kind, place, {"inputs": ({"flights": "lake/a"}, {"flights": "lake/b"})}, extra=(parts.lake(),))
    yield from changes(kind, place, {"cluster": (None, "machines")}, extra=(_MACHINES,))
    yield from changes(kind, place, {"nodes": (1, 2)}, beside={"cluster": "machines"}, extra=(_MACHINES,))
    stores = (parts.lake(), parts.features())
    yield from changes(kind, place, {"features": ((), ["features.carrier"])}, extra=stores)


def _searches() -> Iterator[Edit]:
    kind, place = "tuning", parts.tuning
    yield from changes(kind, place, {
        "objective": ("auc", "log_loss"),
        "direction": ("maximize", "minimize"),
        "trials": (8, 16),
        "parallel": (1, 2),
        "space": (_SPACE, {"rate": (0.01, 0.3, "log")}),
        "method": ("auto", "random"),
        "timeout": (None, "1h"),
    })  # fmt: skip
    yield from changes(kind, place, {"parallel": (2, 4), "space": (_SPACE, {"rate": [0.01, 0.3]})})


def _images() -> Iterator[Edit]:
    for place in (parts.image, parts.image_of_job, parts.image_of_endpoint):
        yield from changes("image", place, {
            "base": (None, "python:3.12"),
            "python": (None, "3.12"),
            "requirements": (None, ["numpy==2.1"]),
            "include": (("**/*.py",), ["code/**/*.py"]),
            "exclude": ((), ["secret/**"]),
            "env": ({}, {"MODE": "fast"}),
        })  # fmt: skip
        yield from changes("image", place, {
            "base": ("python:3.12", "python:3.13"),
            "python": ("3.12", "3.13"),
            "requirements": (["numpy==2.1"], ["numpy==2.2"]),
            "env": ({"TOKEN": "none"}, {"TOKEN": Secret(TOKEN)}),
        })  # fmt: skip
