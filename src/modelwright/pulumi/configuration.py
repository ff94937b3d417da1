"""What a stack's config says: the environment, secrets, allowances, and nothing that the environment contradicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from modelwright.assembly.value import Value, thaw
from modelwright.contract.engine import Providers
from modelwright.errors import CredentialsError, UsageError
from modelwright.spec.project import Project

BAG = "modelwright"
"""The namespace of our own keys."""


def chosen_environment(project: Project, named: str | None) -> str:
    """Return the environment to apply: the one named, that of `modelwright:environment`, or the stack's name.

    Raises `UsageError` where the first two differ, or none is there; a name that the project lacks is refused later.
    """
    configured = pulumi.Config(BAG).get("environment")
    if named and configured and named != configured:
        raise UsageError(
            f"the program applies environment {named!r}, and the stack's config says {BAG}:environment: {configured}",
            remedy=f"leave one out, or run `pulumi config set {BAG}:environment {named}`",
        )
    stack = pulumi.get_stack()
    found = named or configured or (stack if stack in project.environments else None)
    if found is None:
        raise UsageError(
            f"it is not said which environment the stack {stack!r} is",
            remedy=f"run `pulumi config set {BAG}:environment …` with one of: {', '.join(project.environments)}",
        )
    return found


def allowed_loss() -> frozenset[str]:
    """Return the names in `modelwright:allow-data-loss`, a list or a text with commas."""
    text = pulumi.Config(BAG).get("allow-data-loss") or ""
    try:
        listed = json.loads(text)
    except ValueError:
        listed = text.split(",")
    names = listed if isinstance(listed, list) else [listed]
    return frozenset(str(name).strip() for name in names if str(name).strip())


def refuse_missing(names: Iterable[str]) -> None:
    """Raise `CredentialsError` for secrets that the stack's config lacks."""
    config = pulumi.Config()
    if missing := sorted({name for name in names if config.get_secret(name) is None}):
        commands = "; ".join(f"pulumi config set --secret {name} …" for name in missing)
        raise CredentialsError(f"the stack's config has no secret {', '.join(missing)}", remedy=f"run {commands}")


def secret(name: str) -> pulumi.Output[str]:
    """Return a secret of the stack's config, which stays secret wherever it stands."""
    return pulumi.Config().require_secret(name)


def refuse_contradictions(environment: str, settings: Any, providers: Providers) -> None:
    """Raise `UsageError` for everything that the stack's config says otherwise than the environment's settings.

    The settings win wherever both speak, so a config that differs would silently not count.
    """
    own = {name: getattr(settings, name) for name in type(settings).model_fields}
    said = {BAG: own, **providers}
    found = [line for package, values in said.items() for line in _contradictions(package, values)]
    if found:
        raise UsageError(
            f"the stack's config contradicts the settings of environment {environment!r}: {'; '.join(found)}",
            remedy="run `pulumi config rm` with the key, or change the environment's settings in the project",
        )


def _contradictions(package: str, values: Mapping[str, Value]) -> list[str]:
    config = pulumi.Config(package)
    found = []
    for key, value in values.items():
        text = config.get(key)
        if text is not None and _plain(value) and not _agrees(text, value):
            found.append(f"{package}:{key} is {text!r} and the settings say {thaw(value)!r}")
    return found


def _plain(value: Value) -> bool:
    """Say whether a value is known here: what a secret or another program holds cannot be compared."""
    try:
        thaw(value)
    except UsageError:
        return False
    return True


def _agrees(text: str, value: Value) -> bool:
    if text == value:
        return True
    try:
        return bool(json.loads(text) == thaw(value))
    except ValueError:
        return False
