"""The image that training and serving run in."""

from __future__ import annotations

from modelwright.spec.base import Spec
from modelwright.spec.field import Many, Table, Takes, option
from modelwright.spec.reference import Given, Secret

EVERY_MODULE = ("**/*.py",)
"""The project's files that go into an image unless it says otherwise."""
Variables = Table[str, str | Secret | Given]
"""Environment variables of a process; secrets and given values by reference."""


class Image(Spec):
    """What is in the image: a base, a Python, dependencies, and which of the project's files."""

    KIND = "image"

    base: str | None = option("The base image; None takes modelwright's own, pinned by digest.", default=None)
    python: str | None = option(
        "The Python version, such as 3.12; None takes this interpreter's.", default=None, pattern=r"^3\.[0-9]{1,2}$"
    )
    requirements: Takes[str | list[str] | tuple[str, ...] | None, str | tuple[str, ...] | None] = option(
        "A requirements file of the project, or the requirements themselves; None takes the lock file if there is one.",
        default=None,
    )
    include: Many[str] = option("The project's files that go into the image, as patterns.", default=EVERY_MODULE)
    exclude: Many[str] = option("Files left out although `include` takes them.", default=())
    env: Variables = option("Environment variables.", default={})

    def relies_on(self) -> frozenset[str]:
        """Return the features that this image relies on."""
        wanted = {
            "image.base": self.base,
            "image.python": self.python,
            "image.requirements": self.requirements,
            "image.secrets": any(isinstance(value, Secret) for value in self.env.values()),
            "image.files": self.exclude or self.include != EVERY_MODULE,
        }
        return frozenset(name for name, value in wanted.items() if value)
