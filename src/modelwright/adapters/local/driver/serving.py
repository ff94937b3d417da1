"""Serving on this machine: a router process per endpoint, a server process per variant, both outliving their caller.

Everything that is wanted stands in files before a process is started for it, so a caller killed at any moment leaves
what the next one finishes. What really serves is read from the processes and from the router, never from those files.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.address import ADDRESS, HOST, TOKEN
from modelwright.adapters.local.driver.routerlink import RouterLink, pooled_request
from modelwright.adapters.local.driver.secrets import confidential, revealed
from modelwright.adapters.local.router.routing import FILE as ROUTING
from modelwright.adapters.local.router.routing import TOTAL, Routing, read_routing
from modelwright.adapters.local.router.variant import (
    LOG,
    PROCESS,
    READY,
    Variant,
    read_json,
    variants_of,
    write_json,
)
from modelwright.clock import VARIABLE as CLOCK
from modelwright.contract.driver import Deployment, DeploymentState, Filled, ServingStatus
from modelwright.errors import NotFoundError, NotReleasedError, ProviderError, TransientError, UsageError

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_KEPT_PREFIXES = ("PYTHON", "MODELWRIGHT_CLOCK", "COVERAGE")
_LOG_CHUNK = 1 << 20
_RESTARTS = 2


class LocalServing:
    """The `Serving` of one environment, by its state folder `.modelwright/<environment>`."""

    def __init__(self, state: Path, clock: Path | None = None) -> None:
        self._root = state.absolute() / "endpoints"
        self._environment = base_environment(clock)

    def deploy(self, endpoint: str, variant: str, request: Filled) -> None:
        """Start a variant's server without traffic; returns before it is ready. The same variant twice is one.

        Raises `ProviderError` when the process cannot be started.
        """
        folder = self._folder(endpoint)
        token = _ensure_address(folder)
        target = Variant(_inside(folder, variant))
        if target.wanted() is None:
            config = request.body["config"]
            write_json(target.folder / "serve.json", config)
            if not target.alive():  # one that serves has said so, and says it once
                (target.folder / READY).unlink(missing_ok=True)
            revealed(request.body.get("env") or {})  # one that is not known here is an error before anything starts
            write_json(target.folder / PROCESS, _process(target, request.body, token, self._environment), 0o600)
        if target.failure() is None:
            try:
                target.start()
            except OSError as error:
                raise ProviderError(f"the server of {variant} cannot be started: {error}") from error
        self._link(endpoint).reload(start=True)

    def set_traffic(self, endpoint: str, weights: Mapping[str, int], mirror: Mapping[str, float]) -> None:
        """Make these the weights (integers, sum 100, or none) and mirrored fractions; return when the router has them.

        Raises `UsageError` for weights that are not that and `ProviderError` for a variant that was not deployed.
        """
        folder = self._folder(endpoint)
        _check_traffic(weights, mirror)
        _ensure_address(folder)
        known = {variant.name for variant in variants_of(folder) if variant.wanted() is not None}
        if missing := sorted((weights.keys() | mirror.keys()) - known):
            raise ProviderError(f"not deployed behind {endpoint}: {', '.join(missing)}", remedy="deploy it first")
        before = read_routing(folder)
        wanted = Routing(
            before.generation,
            {name: weight for name, weight in weights.items() if weight},
            {name: float(share) for name, share in mirror.items() if share},
        )
        if wanted != before:
            wanted = Routing(before.generation + 1, wanted.weights, wanted.mirror)
            write_json(folder / ROUTING, wanted.to_json())
        applied = self._link(endpoint).reload(start=True)
        if applied.get("weights") != dict(wanted.weights) or applied.get("mirror") != dict(wanted.mirror):
            raise ProviderError(f"somebody else changed the traffic of {endpoint} at the same moment: {applied}")

    def status(self, endpoint: str) -> ServingStatus:
        """Return what really is there: processes, and the routing that the router has applied."""
        folder = self._folder(endpoint)
        applied = self._link(endpoint).routing()
        servers = applied.get("servers", {}) if applied else {}
        deployments = tuple(_deployment(variant, servers.get(variant.name)) for variant in variants_of(folder))
        if applied is None:
            return ServingStatus(deployments)
        address = read_json(folder / ADDRESS) or {}
        url = f"http://{HOST}:{address.get('port')}"
        return ServingStatus(deployments, dict(applied["weights"]), dict(applied["mirror"]), url)

    def retire(self, endpoint: str, variant: str) -> None:
        """Let a variant answer what it has, end its process and remove it; no error when it is gone.

        Raises `ProviderError` while it has weight.
        """
        folder = self._folder(endpoint)
        target = Variant(_inside(folder, variant))
        if not target.folder.exists():
            return
        if read_routing(folder).weights.get(variant):
            raise ProviderError(f"{variant} still has traffic", remedy="give its weight to another variant first")
        (target.folder / PROCESS).unlink(missing_ok=True)
        link = self._link(endpoint)
        if link.alive():
            link.drain(variant)
            link.reload(start=False)
        target.stop()
        shutil.rmtree(target.folder, ignore_errors=True)

    def stop(self, endpoint: str) -> None:
        """End the router and every server and remove the variants; address and token stay. No error without any."""
        folder = self._folder(endpoint)
        if not folder.is_dir():
            return
        (folder / ROUTING).unlink(missing_ok=True)
        for variant in variants_of(folder):
            (variant.folder / PROCESS).unlink(missing_ok=True)
        self._link(endpoint).stop()
        for variant in variants_of(folder):
            variant.stop()
            shutil.rmtree(variant.folder, ignore_errors=True)

    def renew(self, endpoint: str) -> None:
        """Let the router and the servers answer what they have, and start again with the token as it is now."""
        folder = self._folder(endpoint)
        self._link(endpoint).stop()
        for variant in variants_of(folder):
            variant.stop()
        if read_routing(folder).weights:
            self._link(endpoint).reload(start=True)

    def invoke(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Send rows to the endpoint's `/predict`; return status, headers (lower case) and body.

        A router that is not running though traffic is set (after a restart of the machine) is started first.
        Raises `NotFoundError` for an endpoint without an address and `NotReleasedError` when nothing was released.
        """
        folder = self._folder(endpoint)
        if not (folder / ADDRESS).exists():
            raise NotFoundError(f"no endpoint {endpoint!r} here", remedy="modelwright up")
        token = (folder / TOKEN).read_text().strip()
        given = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        given |= {name.lower(): value for name, value in headers.items()}
        if not self._link(endpoint).alive():  # the port may be anybody's by now, and the token is for the router alone
            self._restart_router(endpoint, ConnectionRefusedError("its router does not run"))
        for _ in range(_RESTARTS):
            try:
                return pooled_request(self._port(folder), "POST", "/predict", body, given)
            except ConnectionError as error:
                self._restart_router(endpoint, error)
        return pooled_request(self._port(folder), "POST", "/predict", body, given)

    def _restart_router(self, endpoint: str, error: ConnectionError) -> None:
        """Start a router that is not running; one that refuses connections because it is ending is waited for."""
        link = self._link(endpoint)
        if link.alive() and not (isinstance(error, ConnectionRefusedError) and link.changes()):
            raise TransientError(f"{endpoint} broke off its answer: {error}") from error
        if not read_routing(self._folder(endpoint)).weights:
            raise NotReleasedError(
                f"{endpoint} has no live release", remedy="modelwright model promote <model>:<version>"
            ) from None
        link.reload(start=True)

    def flush(self, endpoint: str) -> None:
        """Have every server write what it has captured, and return when it is in the store."""
        link = self._link(endpoint)
        if link.alive():
            link.flush()

    def logs(self, endpoint: str, offset: int = 0) -> tuple[str, int]:
        """Return the merged log's text from an offset, at most 1 MiB, and the offset to go on from."""
        try:
            with (self._folder(endpoint) / LOG).open("rb") as file:
                file.seek(offset)
                data = file.read(_LOG_CHUNK)
        except FileNotFoundError:
            return "", offset
        return data.decode(errors="replace"), offset + len(data)

    def _folder(self, endpoint: str) -> Path:
        return _inside(self._root, endpoint)

    def _link(self, endpoint: str) -> RouterLink:
        return RouterLink(self._folder(endpoint), self._environment)

    @staticmethod
    def _port(folder: Path) -> int:
        return int((read_json(folder / ADDRESS) or {}).get("port") or 0)


def base_environment(clock: Path | None = None) -> dict[str, str]:
    """Return what a detached process takes over from ours: where things are, the replayed clock, and no secrets."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return {**kept, CLOCK: str(clock)} if clock is not None else kept


def _inside(folder: Path, name: str) -> Path:
    if not name or "/" in name or "\\" in name or "\0" in name or name.startswith("."):
        raise UsageError(f"{name!r} is no name")
    return folder / name


def _check_traffic(weights: Mapping[str, int], mirror: Mapping[str, float]) -> None:
    whole = all(isinstance(weight, int) and 0 <= weight <= TOTAL for weight in weights.values())
    if not whole or sum(weights.values()) not in {0, TOTAL}:
        raise UsageError(f"weights are whole numbers that sum to 100: {dict(weights)}")
    if any(not 0 <= share <= 1 for share in mirror.values()):
        raise UsageError(f"mirrored fractions lie between 0 and 1: {dict(mirror)}")


def _process(target: Variant, body: Mapping[str, Any], token: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return how the server is started: one thread, a free port, the endpoint's token; secrets stay names."""
    config = target.folder / "serve.json"
    env = {
        **environment,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        **(body.get("env") or {}),
        **confidential(body.get("env") or {}),
        "MODELWRIGHT_PORT": "0",
        "MODELWRIGHT_TOKEN_FILE": str(token),
        "MODELWRIGHT_READY_FILE": str(target.folder / READY),
    }
    argv = [sys.executable, "-m", "modelwright.workload", "serve", "--config", str(config)]
    return {"argv": argv, "env": env}


def _ensure_address(folder: Path) -> Path:
    """Return the token file; an endpoint that `up` did not make gets a token and the port that the router finds."""
    folder.mkdir(parents=True, exist_ok=True)
    token = folder / TOKEN
    if not token.exists():
        temporary = folder / f".{TOKEN}.{os.getpid()}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
        temporary.replace(token)
    if not (folder / ADDRESS).exists():
        document = {"schema": "modelwright.address/1", "host": HOST, "port": 0, "token_file": str(token)}
        write_json(folder / ADDRESS, document)
    return token


def _deployment(variant: Variant, seen: Mapping[str, Any] | None) -> Deployment:
    state, reason = _state(variant, seen)
    return Deployment(variant.name, state, reason)


def _state(variant: Variant, seen: Mapping[str, Any] | None) -> tuple[DeploymentState, str]:
    if variant.wanted() is None:
        return "gone", "it is being retired"
    if variant.port() is not None or (seen is not None and seen["state"] == "resting"):
        return "ready", ""
    if (reason := variant.failure()) is not None:
        return "failed", reason
    if seen is not None and seen["state"] == "failed":
        return "failed", str(seen["reason"])
    if variant.alive() or seen is not None:
        return "starting", str(seen["reason"]) if seen is not None else ""
    return "gone", "its process is not running"
