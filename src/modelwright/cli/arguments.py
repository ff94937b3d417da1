"""What the words after a verb stand for, as its help says it."""

from __future__ import annotations

ARGUMENTS: dict[str, str] = {
    "after": "The adapter to go to.",
    "before": "The adapter that is left.",
    "endpoint": "An endpoint. May be left out where the project has only one.",
    "feature view": "A feature view, such as features.carrier.",
    "built for": "A training job or an endpoint with an image of its own; without it, the project's image.",
    "job": "A training job of the project.",
    "keys": "Keys of the view's entity, each as COLUMN=VALUE.",
    "model": "A model of the project.",
    "monitor": "A monitor. May be left out where the project has only one.",
    "adapter": "An adapter that is installed.",
    "output": "One of its outputs, such as url: only the bare value is printed.",
    "one endpoint": "An endpoint of the project.",
    "resource": "A resource of the project.",
    "run": "A run, such as train-delay-3.",
    "scored": "A batch endpoint, or a version of a model such as delay:3 or delay@champion.",
    "shell": "bash, zsh or fish.",
    "stream": "One stream, such as model/delay; without it, all of them.",
    "subject": "An error code, a kind, a field of a kind, or a feature.",
    "version": "A version by its number, such as delay:3, or by an alias, such as delay@champion.",
    "weights": "Shares of the traffic, each as VARIANT=PERCENT; they sum to 100.",
}
_MEANT: dict[tuple[str, str], str] = {
    ("adapters show", "name"): "adapter",
    ("batch", "name"): "scored",
    ("endpoint retire", "name"): "one endpoint",
    ("endpoint traffic", "name"): "one endpoint",
    ("image build", "resource"): "built for",
    ("features get", "view"): "feature view",
    ("features materialize", "view"): "feature view",
    ("monitor report", "name"): "monitor",
    ("monitor run", "name"): "monitor",
    ("outputs", "name"): "output",
}
"""What a name means that means different things in different verbs; in all others it is an endpoint."""


def meaning(verb: str, name: str) -> str:
    """Return what an argument of a verb stands for; nothing for one that nobody has described."""
    meant = _MEANT.get((verb, name), "endpoint" if name == "name" else name)
    return ARGUMENTS.get(meant, "")
