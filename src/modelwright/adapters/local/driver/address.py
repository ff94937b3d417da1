"""An endpoint's place on this machine: a port that stays its own, and a token that only its owner can read."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.folder import StateFolder
from modelwright.canonical import canonical
from modelwright.errors import ProviderError

HOST = "127.0.0.1"
ADDRESS = "address.json"
_ROUTER = "router.json"  # where the router says on which port it listens
TOKEN = "token"  # noqa: S105  # a file's name
_PORTS = range(20_000, 32_000)  # below the ports that Linux and macOS hand to outgoing connections
_TRIES = 200
_TOKEN_BYTES = 32
_SHORTEST = 2 * _TOKEN_BYTES  # a shorter file was cut off
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class AddressMaker:
    """`local:Address {endpoint}`: port and token in `endpoints/<endpoint>/`; offers `port`, `url` and `token_file`."""

    folder: StateFolder
    _taken: set[int] = field(default_factory=set)

    def make(self, inputs: Mapping[str, Any]) -> None:
        """Write a token, and a port that nobody listens on now; what is there already stays."""
        home = self._home(inputs)
        self.folder.make(home)
        token = home / TOKEN
        renewed = not _is_private(token)
        if renewed:
            self.folder.write(token, secrets.token_hex(_TOKEN_BYTES).encode(), _PRIVATE)
        document = _read(home / ADDRESS)
        port = document.get("port") or self._former_port(home) or self._free_port()
        wanted = {"schema": "modelwright.address/1", "host": HOST, "port": port, "token_file": str(token)}
        if document != wanted:
            self.folder.write(home / ADDRESS, canonical(wanted))
        if renewed and self._serves(home):
            from modelwright.adapters.local.driver.serving import LocalServing

            LocalServing(self.folder.root).renew(inputs["endpoint"])  # its processes know the token that was lost

    def outputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the address; a router that found its port taken has chosen another one."""
        home = self._home(inputs)
        port = _read(home / ADDRESS).get("port")
        return {"port": port, "url": f"http://{HOST}:{port}", "token_file": str(home / TOKEN)}

    def adopt(self, former: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        """Move port and token under a new name; what served under the old one is stopped first."""
        if self._home(former).exists() and not self._home(inputs).exists():
            self._stop(former)
            self.folder.move(self._home(former), self._home(inputs))

    def missing(self, inputs: Mapping[str, Any]) -> str:
        """Say whether the address or the token is not there, or names another folder."""
        home = self._home(inputs)
        if not _is_private(home / TOKEN):
            return f"{home / TOKEN} is not there, or others can read it"
        if _read(home / ADDRESS).get("token_file") != str(home / TOKEN):
            return f"{home / ADDRESS} is not there, or the project was moved"
        return ""

    def remove(self, inputs: Mapping[str, Any]) -> None:
        """Stop what serves there and remove the folder."""
        self._stop(inputs)
        self.folder.remove(self._home(inputs))

    def data(self, inputs: Mapping[str, Any]) -> bool:  # noqa: ARG002  # the protocol's shape
        """Return false: captures lie in the control store."""
        return False

    def _former_port(self, home: Path) -> int | None:
        """Return the port that the endpoint's router has or had, where the address was lost or cut short."""
        port = _read(home / _ROUTER).get("port")
        return port if isinstance(port, int) else None

    def _free_port(self) -> int:
        """Return a port that nobody listens on and that no other endpoint of the project has."""
        others = self.folder.top.glob(f"*/endpoints/*/{ADDRESS}") if not self._taken else ()
        self._taken.update(_read(path).get("port", 0) for path in others)
        for _ in range(_TRIES):
            port = secrets.choice(_PORTS)
            with suppress(OSError), socket.socket() as probe:
                probe.bind((HOST, port))
                if port not in self._taken:
                    self._taken.add(port)
                    return port
        raise ProviderError(f"no free port between {_PORTS.start} and {_PORTS.stop} after {_TRIES} tries")

    def _home(self, inputs: Mapping[str, Any]) -> Path:
        return self.folder.path(f"endpoints/{inputs['endpoint']}")

    @staticmethod
    def _serves(home: Path) -> bool:
        """Return whether anything was ever released behind it."""
        return home.is_dir() and not {path.name for path in home.iterdir()} <= {ADDRESS, TOKEN}

    def _stop(self, inputs: Mapping[str, Any]) -> None:
        if not self._serves(self._home(inputs)):
            return
        from modelwright.adapters.local.driver.serving import LocalServing

        LocalServing(self.folder.root).stop(inputs["endpoint"])


def _is_private(token: Path) -> bool:
    with suppress(FileNotFoundError):
        status = token.stat()
        return status.st_size >= _SHORTEST and not status.st_mode & 0o077
    return False


def _read(path: Path) -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError):
        document = json.loads(path.read_bytes())
        return document if isinstance(document, dict) else {}
    return {}
