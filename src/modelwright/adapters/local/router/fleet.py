"""The servers behind one endpoint: which there are, what they bear, and how one leaves without losing a request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelwright.adapters.local.router.server import Server
from modelwright.adapters.local.router.variant import Variant, read_json, variants_of
from modelwright.errors import CredentialsError

BODY_BYTES = 8 << 20
_SECONDS = 30.0
_DRAIN = 60.0


class Fleet:
    """The servers of one endpoint by variant, and the widest of their limits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._leaving: set[asyncio.Task[bool]] = set()
        self._secrets: dict[str, str] = {}
        self.servers: dict[str, Server] = {}
        self.body_bytes = BODY_BYTES
        self.timeout = _SECONDS
        self.body_seconds = _SECONDS

    def entrust(self, secrets: Mapping[str, str]) -> None:
        """Keep secrets in memory, to start servers again with them."""
        self._secrets.update(secrets)

    def _secret(self, name: str) -> str:
        if name not in self._secrets:
            raise CredentialsError(f"the router was not told the secret {name!r}: run modelwright where it is set")
        return self._secrets[name]

    def reload(self) -> None:
        """Take in variants that came, and let go of those that are not wanted any more once they have answered."""
        wanted = {variant.name: variant for variant in variants_of(self._folder) if variant.wanted() is not None}
        for name in [*self.servers]:
            if name not in wanted:
                task = asyncio.get_running_loop().create_task(self.drain(name))
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)
        for name, variant in wanted.items():
            known = self.servers.get(name)
            if known is None or known.draining or (known.state == "failed" and variant.failure() is None):
                self.servers[name] = _server(variant, self._secret)
                self.servers[name].watch()
        limits = [_limits(server.variant) for server in self.servers.values()]
        self.body_bytes = int(max((limit.get("body_bytes") or BODY_BYTES for limit in limits), default=BODY_BYTES))
        self.timeout = float(max((limit.get("timeout") or _SECONDS for limit in limits), default=_SECONDS))
        self.body_seconds = float(max((limit.get("body_timeout") or _SECONDS for limit in limits), default=_SECONDS))

    def get(self, name: str | None) -> Server | None:
        """Return a variant's server, None when there is none."""
        return self.servers.get(name or "")

    def of_version(self, version: str) -> list[str]:
        """Return the variants that serve a version."""
        return [name for name, server in self.servers.items() if server.version == version]

    @property
    def versions(self) -> list[str]:
        """Return the versions that serve."""
        return sorted({server.version for server in self.servers.values()})

    def watch(self) -> None:
        """Look after every server, and give up what takes too long."""
        now = time.monotonic()
        for server in list(self.servers.values()):
            server.watch()
            server.expire(now)

    async def drain(self, name: str, seconds: float = _DRAIN) -> bool:
        """Send a variant nothing more, and wait until it has answered what it has; return whether it did."""
        server = self.servers.pop(name, None)
        if server is None:
            return True
        server.draining = True
        until = time.monotonic() + seconds
        while server.pending and time.monotonic() < until:  # noqa: ASYNC110 (an end, not a hot path)
            await asyncio.sleep(0.01)
        done = not server.pending
        server.close()
        return done

    def close(self) -> None:
        """Close the connections; the processes go on."""
        for server in self.servers.values():
            server.close()


def _server(variant: Variant, secret: Callable[[str], str]) -> Server:
    config, limits = read_json(variant.folder / "serve.json") or {}, _limits(variant)
    return Server(
        variant,
        queue=int(limits.get("queue") or 256),
        idle_after=limits.get("idle_after"),
        version=str(config.get("version") or ""),
        release=str(config.get("release") or ""),
        secret=secret,
    )


def _limits(variant: Variant) -> dict[str, Any]:
    found = (read_json(variant.folder / "serve.json") or {}).get("limits")
    return found if isinstance(found, dict) else {}
