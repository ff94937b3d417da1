"""Resources registered by token alone: no provider's classes are loaded for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pulumi

WRAPPED = "modelwright-"
"""What the packages begin with that our own providers serve: `local` alone might be anybody's."""
_RELEASE = re.compile(r"(\d+\.\d+\.\d+)(?:(a|b|rc)(\d+))?")
_STAGES = {"a": "alpha", "b": "beta", "rc": "rc"}


class Registered(pulumi.CustomResource):
    """A resource of any type, with the outputs that somebody refers to; `inputs` are in the provider's wire names."""

    def __init__(
        self,
        token: str,
        name: str,
        inputs: Mapping[str, Any],
        outputs: Iterable[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(token, name, {**dict.fromkeys(outputs), **inputs}, opts)

    def output(self, name: str) -> pulumi.Output[Any]:
        """Return an output that was named when the resource was registered, or an input, as the provider has it."""
        found: pulumi.Output[Any] = vars(self)[name]
        return found


def full_token(token: str) -> str:
    """Return a token in three parts, as Pulumi wants it: those of two parts are of an adapter's own platform."""
    package, _, member = token.partition(":")
    return token if ":" in member else f"{WRAPPED}{package}:index:{member}"


def short_token(token: str) -> str:
    """Return what `full_token` was given."""
    package, _, member = token.removeprefix(WRAPPED).partition(":index:")
    return f"{package}:{member}" if token.startswith(WRAPPED) else token


def package_of(token: str) -> str:
    """Return the package that Pulumi serves a token by."""
    return full_token(token).partition(":")[0]


@cache
def sdk_version(package: str) -> str | None:
    """Return the version of a package's provider whose SDK is installed, as semver; none without one.

    The SDK is read as a distribution, `pulumi-<package>`, and never imported. Without a version the engine takes the
    newest plugin that it finds.
    """
    try:
        found = _RELEASE.fullmatch(version(f"pulumi-{package}"))
    except PackageNotFoundError:
        return None
    if found is None:
        return None
    release, stage, number = found.groups()
    return f"{release}-{_STAGES[stage]}.{number}" if stage else str(release)
