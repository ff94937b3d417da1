"""What wheels are chosen for: a platform, a Python, and the oldest C library that the base may have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags

from modelwright.errors import UsageError
from modelwright.image.manifests import Platform

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
"""The minor version of glibc 2 with which the manylinux tags of a machine begin (PEP 600 and what it replaces)."""
_FORMER = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
GLIBC = 28
"""glibc 2.28: Debian 10, Ubuntu 20.04, RHEL 8 and everything newer; what most projects build their wheels for."""


@dataclass(frozen=True)
class Target:
    """A platform and a version of CPython such as 3.12; `glibc` is the minor version that the base has at least."""

    platform: Platform
    python: str
    glibc: int = GLIBC

    def __post_init__(self) -> None:
        major, _, minor = self.python.partition(".")
        if major != "3" or not minor.isdecimal():
            raise UsageError(f"{self.python!r} is no version of Python", remedy="for example 3.12")

    @property
    def version(self) -> tuple[int, int]:
        """The version of Python as numbers."""
        return 3, int(self.python.partition(".")[2])

    @property
    def machine(self) -> str:
        """The machine as Python spells it."""
        return _MACHINES[self.platform.architecture]

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of wheels that run there, the best one first."""
        found = []
        for minor in range(self.glibc, _OLDEST_GLIBC[self.machine] - 1, -1):
            found.append(f"manylinux_2_{minor}_{self.machine}")
            if minor in _FORMER:
                found.append(f"{_FORMER[minor]}_{self.machine}")
        return (*found, f"linux_{self.machine}")

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """The tags of wheels that run there."""
        abi = f"cp3{self.version[1]}"
        own = cpython_tags(self.version, [abi], self.platforms)
        return frozenset([*own, *compatible_tags(self.version, abi, self.platforms)])

    @property
    def markers(self) -> dict[str, str]:
        """What markers of requirements are asked against."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def __str__(self) -> str:
        return f"{self.platform}, Python {self.python}"
