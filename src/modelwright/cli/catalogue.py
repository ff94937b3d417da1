"""Which verbs there are, in which part of the help, and in which module each lives.

The help of `modelwright` is written from this table alone, so it costs no import of any verb.
"""

from __future__ import annotations

SECTIONS: dict[str, dict[str, str]] = {
    "Declare and apply": {
        "validate": "Check the project file and say everything that is wrong with it.",
        "compile": "Show what the project becomes on its platform, without doing anything.",
        "preview": "Show what `up` would change, and why.",
        "up": "Make the environment what the project says.",
        "status": "Show what is there, what runs and what it waits for.",
        "outputs": "Show addresses and names of what was made.",
        "drift": "Show what was deleted or changed behind its back.",
        "cost": "Show what it costs, by the prices the adapter knows.",
        "image": "Build the image of training and serving, and push it.",
        "comment": "Print what `up` would change as a pull request's comment.",
        "destroy": "Remove everything that `up` and releases have made.",
    },
    "Train and release": {
        "train": "Run a training job and wait for it.",
        "runs": "List, show, follow or cancel runs.",
        "evaluate": "Score a version on held-out data, beside another one.",
        "model": "List, register, approve and promote versions.",
    },
    "Serve and watch": {
        "endpoint": "Call, inspect, steer or roll back an endpoint.",
        "features": "Materialise a feature view, or read it online.",
        "batch": "Score a whole table as a job.",
        "monitor": "Compute a monitor's closed windows, or show its results.",
        "operate": "Run schedules, rollouts and retraining until Ctrl-C.",
    },
    "Look inside": {
        "report": "Write pages on everything, to be read in a browser.",
        "adapters": "List adapters, or show or compare what they can do.",
        "ledger": "Show every decision ever made, or verify that none was altered.",
        "schema": "Print the JSON Schema of a project, or of a verb's --json.",
        "explain": "Explain an error code, a field, or a feature.",
        "doctor": "Check this machine and the environment's state.",
        "prune": "Remove old runs and captured requests that nothing refers to.",
        "demo": "Live four months of a real project in about a minute.",
        "completion": "Print the completion script of a shell.",
    },
}


def module_of(verb: str) -> str | None:
    """Return the module that defines a verb, None for a verb that does not exist."""
    return f"modelwright.cli.verbs.{verb}" if any(verb in verbs for verbs in SECTIONS.values()) else None


def verbs() -> list[str]:
    """Return all verbs in the order of the help."""
    return [verb for section in SECTIONS.values() for verb in section]
