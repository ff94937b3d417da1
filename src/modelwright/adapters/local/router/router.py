"""The router of one endpoint: chooses a variant for each request, passes it on, measures, mirrors, supervises."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path

from modelwright.adapters.local.router import http1
from modelwright.adapters.local.router.admin import Admin
from modelwright.adapters.local.router.connection import ClientConnection
from modelwright.adapters.local.router.fleet import Fleet
from modelwright.adapters.local.router.gate import Gate
from modelwright.adapters.local.router.http1 import BadRequest, Head
from modelwright.adapters.local.router.routing import Chooser, Routing, read_routing
from modelwright.adapters.local.router.server import Server
from modelwright.adapters.local.router.tally import Tally
from modelwright.adapters.local.router.upstream import Exchange
from modelwright.clock import Clock
from modelwright.workload.ids import uuid7

_MIRRORS = 64
_WAITING = 256
_HELD = 256 << 20
_MARGIN = 5.0
_ALLOWED = {"allow": "GET, POST"}
_WAIT_READY = 30.0
_LOG = logging.getLogger("modelwright.router")


class Router:
    """One endpoint's router; all of it runs in one event loop."""

    def __init__(self, folder: Path, gate: Gate, clock: Clock) -> None:
        self.folder = folder
        self.gate = gate
        self.clock = clock
        self.clients: set[ClientConnection] = set()
        self.fleet = Fleet(folder)
        self.tally = Tally(folder)
        self.chooser = Chooser(Routing())
        self.held, self.held_limit = 0, _HELD
        self.mirroring = 0
        self.waiting = 0
        self.stopping = False
        self.counts = {"refused": 0, "mirrors_dropped": 0, "unrouted": 0}
        self._admin = Admin(self)
        self._tasks: set[asyncio.Task[None]] = set()

    def reload(self, secrets: Mapping[str, str] | None = None) -> Routing:
        """Read routing and variants again and apply them; requests under way go on where they are."""
        self.fleet.entrust(secrets or {})
        routing = read_routing(self.folder)
        self.fleet.reload()
        if routing != self.chooser.routing:
            self.chooser = Chooser(routing)
        return routing

    def admit(self, head: Head) -> None:
        """Refuse a request before its body is read. Raises `BadRequest`."""
        refused = self.gate.refusal(head.fields)
        if refused is not None:
            raise BadRequest(*refused, code="MW1101")

    def handle(self, head: Head, body: bytes, client: ClientConnection) -> None:
        """Answer a whole request."""
        if head.method == b"GET" and head.path in {b"/livez", b"/v2/health/live"}:
            client.answer(http1.response(200, b'{"live":true}', {"content-type": "application/json"}))
            return
        refused = self.gate.refusal(head.fields)
        if refused is not None:
            extra = {"www-authenticate": "Bearer"} if refused[0] == 401 else None  # noqa: PLR2004 (HTTP)
            client.answer(http1.error(*refused, code="MW1101", headers=extra))
        elif head.path.startswith(b"/-/") or (head.path == b"/metrics" and head.method == b"GET"):
            self._spawn(self._admin.answer(head, body, client))
        elif head.method not in {b"GET", b"POST"}:
            client.answer(http1.error(405, f"{head.method.decode()} is not answered", code="MW2207", headers=_ALLOWED))
        else:
            self._route(head, body, client)

    def _route(self, head: Head, body: bytes, client: ClientConnection) -> None:
        counted = head.method == b"POST"
        try:
            name = self._named(head) or (self.chooser.choose() if counted else self.chooser.heaviest())
        except BadRequest as failure:
            client.answer(http1.error(failure.status, failure.message, code="MW2203"))
            return
        server = self.fleet.get(name)
        if server is None:
            self.counts["unrouted"] += 1
            text = "awaiting first release: no version serves behind this endpoint"
            client.answer(http1.error(503, text, code="MW2202", headers={"retry-after": "5"}))
            return
        known = b"x-request-id" in head.fields
        extra = b"" if known else b"x-request-id: %s\r\n" % uuid7().encode()
        if counted and b"x-modelwright-variant" not in head.fields and b"x-modelwright-version" not in head.fields:
            for other in self.chooser.mirrored(name):
                self._mirror(other, head, body, extra)
        self._dispatch(server, head.forwarded(body, extra=extra), client, counted=counted)

    def _named(self, head: Head) -> str | None:
        """Return the variant that the request names by header. Raises `BadRequest` when there is none such."""
        variant = head.fields.get(b"x-modelwright-variant")
        version = head.fields.get(b"x-modelwright-version")
        if variant is not None:
            name = variant.decode("latin-1")
            if name in self.fleet.servers:
                return name
            raise BadRequest(404, f"no variant {name!r}; known: {', '.join(sorted(self.fleet.servers))}")
        if version is None:
            return None
        wanted = version.decode("latin-1")
        found = self.fleet.of_version(wanted)
        if not found:
            raise BadRequest(404, f"version {wanted!r} does not serve here; known: {', '.join(self.fleet.versions)}")
        return max(found, key=lambda name: (self.chooser.routing.weights.get(name, 0), name))

    def _dispatch(self, server: Server, request: bytes, client: ClientConnection, *, counted: bool) -> None:
        if server.state == "ready" and server.upstream is not None:
            self._send(server, request, client, counted=counted)
        elif self.waiting >= _WAITING:
            self._refuse(server, client, "too many requests are waiting for a server to start", counted=counted)
        else:
            self.waiting += 1
            self._spawn(self._hold(server, request, client, counted=counted))

    async def _hold(
        self, server: Server, request: bytes, client: ClientConnection, *, counted: bool, again: bool = False
    ) -> None:
        try:
            if await server.ready(min(_WAIT_READY, self.fleet.timeout)):
                self._send(server, request, client, counted=counted, again=again)
            else:
                reason = server.reason or "it is starting"
                self._refuse(server, client, f"{server.variant.name} does not serve: {reason}", counted=counted)
        finally:
            self.waiting -= 1

    def _refuse(self, server: Server, client: ClientConnection, why: str, *, counted: bool) -> None:
        self.counts["refused"] += 1
        if counted:
            self.tally.record(server.variant.name, self.clock.now(), 503, 0.0)
        headers = {**_says(server), "retry-after": "1"}
        client.answer(http1.error(503, why, code="MW1202", headers=headers))

    def _send(
        self, server: Server, request: bytes, client: ClientConnection, *, counted: bool, again: bool = False
    ) -> None:
        upstream = server.upstream
        if upstream is None or server.pending >= server.queue:
            self._refuse(server, client, "too many requests are waiting", counted=counted)
            return
        server.touch()

        def done(exchange: Exchange) -> None:
            if not exchange.status and exchange.reason != "timeout":
                server.suspect(upstream)
                if exchange.unsent and not again and server.state == "starting" and self.waiting < _WAITING:
                    self.waiting += 1  # not a byte of it was sent: it may wait for the next process
                    self._spawn(self._hold(server, request, client, counted=counted, again=True))
                    return
            self._finish(server, exchange, client, counted=counted)

        upstream.send(Exchange(request, done, time.monotonic() + self.fleet.timeout + _MARGIN))

    def _finish(self, server: Server, exchange: Exchange, client: ClientConnection, *, counted: bool) -> None:
        if counted:
            took = (time.perf_counter() - exchange.started) * 1000
            self.tally.record(server.variant.name, self.clock.now(), exchange.status, took)
        if exchange.status:
            client.answer(exchange.head + exchange.body)
            return
        status = 504 if exchange.reason == "timeout" else 502
        text = f"{server.variant.name} gave no answer: {exchange.reason}"
        client.answer(http1.error(status, text, headers=_says(server)))

    def _mirror(self, name: str, head: Head, body: bytes, extra: bytes) -> None:
        server = self.fleet.get(name)
        if server is None or server.state != "ready" or server.upstream is None or self.mirroring >= _MIRRORS:
            self.counts["mirrors_dropped"] += 1
            return
        server.touch()

        def done(exchange: Exchange) -> None:
            self.mirroring -= 1
            took = (time.perf_counter() - exchange.started) * 1000
            self.tally.record(name, self.clock.now(), exchange.status, took)
            if not exchange.status:
                server.suspect(upstream)

        upstream = server.upstream
        self.mirroring += 1
        request = head.forwarded(body, extra=extra + b"x-modelwright-mirror: 1\r\n")
        upstream.send(Exchange(request, done, time.monotonic() + self.fleet.timeout + _MARGIN))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def supervise(self) -> None:
        """Look after servers, slow clients and measures until cancelled."""
        ticks = 0
        while True:
            await asyncio.sleep(0.25)
            ticks += 1
            self.fleet.watch()
            now = time.monotonic()
            for client in list(self.clients):
                client.expire(now)
            if ticks % 4 == 0:
                self.write_measures()

    def write_measures(self) -> None:
        """Write what was counted; a full disk is logged and tried again."""
        try:
            self.tally.write()
        except sqlite3.Error as error:
            _LOG.warning("measures cannot be written: %s", error)

    async def stop(self, seconds: float = 10.0) -> None:
        """Answer what is under way, then close."""
        self.stopping = True
        for client in list(self.clients):
            client.expire(time.monotonic())  # who asks nothing now is to ask the next router
        until = time.monotonic() + seconds
        while any(client.busy for client in self.clients) and time.monotonic() < until:  # noqa: ASYNC110 (likewise)
            await asyncio.sleep(0.01)
        self.fleet.close()
        self.write_measures()


def _says(server: Server) -> dict[str, str]:
    said = {"version": server.version, "release": server.release, "variant": server.variant.name}
    return {f"x-modelwright-{name}": value for name, value in said.items() if value}
