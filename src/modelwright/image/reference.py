"""Names of images: `registry/repository:tag@sha256:…`, read as `docker` reads them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from modelwright.errors import UsageError

_HUB = "registry-1.docker.io"
_HUBS = ("docker.io", "index.docker.io", _HUB)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_EXAMPLE = "for example registry.example.org/team/flights:1.0"


@dataclass(frozen=True, slots=True)
class Reference:
    """An image by name: the registry's host and port, the repository in it, and a tag, a digest, or both."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a name. Raises `UsageError` for what is none; a name without a registry is Docker Hub's."""
        name, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):  # what stands before may be a password: nothing is repeated
            raise UsageError(
                "what stands behind the @ of an image's name is no sha256 digest",
                remedy=f"{_EXAMPLE}; credentials come from the Docker config, never from the name",
            )
        first, slash, rest = name.partition("/")
        if slash and ("." in first or ":" in first or first == "localhost"):
            registry, path = first, rest
        else:
            registry, path = _HUB, name if slash else f"library/{name}"
        repository, colon, tag = path.partition(":")
        found = cls(_HUB if registry in _HUBS else registry, repository, tag, digest)
        if not found._is_spelled_right() or (colon and not tag):
            raise UsageError(f"{text!r} is no name of an image", remedy=_EXAMPLE)
        return found

    def _is_spelled_right(self) -> bool:
        tag = not self.tag or _TAG.fullmatch(self.tag)
        return bool(_HOST.fullmatch(self.registry) and _REPOSITORY.fullmatch(self.repository) and tag)

    def pinned(self, digest: str) -> Reference:
        """Return the same name with a digest."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def is_loopback(registry: str) -> bool:
    """Return whether a registry's host is this machine, where plain HTTP shows nothing to anybody."""
    host = registry.rpartition(":")[0] if re.search(r":\d+$", registry) else registry
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
