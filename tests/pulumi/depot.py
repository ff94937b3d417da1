"""The depot: a small project on the tests' own cloud, written as a Pulumi program."""

from __future__ import annotations

from typing import Any


def depot(
    *,
    stores: str = 'DataStore("lake")',
    job: bool = False,
    settings: dict[str, Any] | None = None,
    given: str = "{}",
    before: str = "",
    after: str = "",
    platform: str = "",
    environment: str = "",
) -> str:
    """Return a program; `stores`, `given`, `platform` and `environment` are arguments as Python, the rest statements.

    `before` comes ahead of the platform, `after` behind it.
    """
    parts = [stores, *(['TrainingJob("train", entrypoint="training.py:train")'] if job else [])]
    return f"""
import pulumi
from pulumi import Alias, Output, ResourceOptions, StackReference

from modelwright import DataStore, Environment, Given, Project, Secret, TrainingJob
from modelwright.pulumi import Platform

project = Project(
    "depot", [{", ".join(parts)}], environments={{"prod": Environment("acme", settings={settings or {}}{environment})}}
)
{before}
platform = Platform("depot", project, given={given}{platform})
{after}
"""
