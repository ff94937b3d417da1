"""Where an environment is to be found without any state: the project's folder, its name, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORD = "platform.json"
"""The platform record's key in the control store."""
STATE = ".modelwright"
"""The folder beside a project in which this machine keeps what it knows of the project's environments."""


@dataclass(frozen=True, slots=True)
class Place:
    """One environment of one project, as the caller names it; `settings` is validated by the adapter's model."""

    project: str
    environment: str
    folder: Path
    settings: Any = None

    @property
    def state(self) -> Path:
        """The folder on this machine for this environment."""
        return self.folder.absolute() / STATE / self.environment


@dataclass(frozen=True, slots=True)
class Location:
    """Where an environment's control store is, and the scope that its record must carry."""

    control: str
    scope: Mapping[str, str]
