"""What an environment says of this machine, and where on it the environment lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from modelwright.assembly.value import Lookup, Value
from modelwright.contract.place import Location, Place


class LocalSettings(BaseModel):
    """Settings of `Environment("local", settings={…})`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    accelerators: Literal["refuse", "ignore"] = "refuse"
    """Whether clusters and endpoints that ask for accelerators are refused, or run without them."""
    python: str | None = None
    """The interpreter of jobs, such as `.venv/bin/python`; none takes the one that runs modelwright."""


def scope(_settings: LocalSettings, environment: str) -> Mapping[str, Value]:
    """Return the scope of an assembly: the project's folder, which the platform answers, and the environment."""
    return {"folder": Lookup("local:path", {"path": ""}), "environment": environment}


def locate(place: Place) -> Location:
    """Return where the control store of an environment is on this machine."""
    folder = place.folder.absolute()
    return Location(
        control=(place.state / "control").as_uri(), scope={"folder": str(folder), "environment": place.environment}
    )
