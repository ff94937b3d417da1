"""The router's own routes: `/-/routing`, `/-/measures`, `/-/drain`, `/-/flush`, `/metrics`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from modelwright.adapters.local.router import http1
from modelwright.adapters.local.router.tally import read_tally
from modelwright.adapters.local.router.upstream import Exchange
from modelwright.canonical import parse_timestamp
from modelwright.errors import DataError

if TYPE_CHECKING:
    from modelwright.adapters.local.router.connection import ClientConnection
    from modelwright.adapters.local.router.http1 import Head
    from modelwright.adapters.local.router.router import Router

_FLUSH_SECONDS = 60.0
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


class Admin:
    """Answers for the router itself."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def answer(self, head: Head, body: bytes, client: ClientConnection) -> None:
        """Answer one request."""
        parts = urlsplit(head.target.decode("latin-1"))
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        try:
            response = await self._respond(head.method.decode(), parts.path, query, body)
        except (DataError, KeyError, ValueError) as error:
            response = http1.error(400, f"the query cannot be read: {error}", code="MW2207")
        client.answer(response)

    async def _respond(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        router = self._router
        if path == "/metrics":
            return http1.response(200, self._metrics().encode(), {"content-type": _METRICS})
        if path == "/-/routing":
            routing = router.reload(_secrets(body)) if method == "POST" else router.chooser.routing
            return _json({**routing.to_json(), "servers": self._servers()})
        if path == "/-/measures" and method == "GET":
            return _json(self._measures(query))
        if path == "/-/drain" and method == "POST":
            return _json({"drained": await router.fleet.drain(query["variant"])})
        if path == "/-/flush" and method == "POST":
            return _json({"flushed": await self._flush(query.get("variant"))})
        return http1.error(404, f"no route {method} {path}")

    def _servers(self) -> dict[str, dict[str, Any]]:
        return {
            name: {"state": server.state, "reason": server.reason, "pending": server.pending, "version": server.version}
            for name, server in self._router.fleet.servers.items()
        }

    def _measures(self, query: Mapping[str, str]) -> dict[str, Any]:
        self._router.write_measures()
        found = read_tally(self._router.folder, parse_timestamp(query["since"]), parse_timestamp(query["until"]))
        return {
            name: {
                "requests": bucket.requests,
                "errors": bucket.errors,
                "p50_ms": bucket.percentile(0.5) if bucket.latencies else None,
                "p99_ms": bucket.percentile(0.99) if bucket.latencies else None,
            }
            for name, bucket in found.items()
        }

    async def _flush(self, only: str | None) -> dict[str, bool]:
        """Have every server write what it captured, and wait for it."""
        token = self._router.gate.token
        request = b"POST /-/flush HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\ncontent-length: 0\r\n\r\n"
        waits: dict[str, asyncio.Future[bool]] = {}
        for name, server in self._router.fleet.servers.items():
            if server.upstream is None or only not in {None, name}:
                continue
            future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

            def done(exchange: Exchange, future: asyncio.Future[bool] = future) -> None:
                if not future.done():
                    future.set_result(exchange.status == 200)  # noqa: PLR2004 (HTTP: ok)

            server.upstream.send(Exchange(request % token, done, time.monotonic() + _FLUSH_SECONDS))
            waits[name] = future
        return {name: await future for name, future in waits.items()}

    def _metrics(self) -> str:
        router, lines = self._router, []
        for metric, kind in (("requests", "counter"), ("errors", "counter")):
            lines.append(f"# TYPE modelwright_router_{metric}_total {kind}")
            for name, bucket in sorted(router.tally.totals.items()):
                lines.append(f'modelwright_router_{metric}_total{{variant="{name}"}} {getattr(bucket, metric)}')
        lines.append("# TYPE modelwright_router_latency_ms gauge")
        for name, bucket in sorted(router.tally.totals.items()):
            for share in (0.5, 0.99):
                value = bucket.percentile(share)
                lines.append(f'modelwright_router_latency_ms{{variant="{name}",quantile="{share}"}} {value:.3f}')
        for name, value in router.counts.items():
            lines += [f"# TYPE modelwright_router_{name}_total counter", f"modelwright_router_{name}_total {value}"]
        for name, server in sorted(router.fleet.servers.items()):
            lines.append(f'modelwright_router_pending{{variant="{name}"}} {server.pending}')
        for name, weight in sorted(router.chooser.routing.weights.items()):
            lines.append(f'modelwright_router_weight{{variant="{name}"}} {weight}')
        lines.append(f"modelwright_router_connections {len(router.clients)}")
        return "\n".join([*lines, ""])


def _secrets(body: bytes) -> dict[str, str]:
    given = json.loads(body) if body else {}
    return {str(name): str(content) for name, content in given.get("secrets", {}).items()}


def _json(document: Mapping[str, Any]) -> bytes:
    return http1.response(200, json.dumps(document).encode(), {"content-type": "application/json"})
