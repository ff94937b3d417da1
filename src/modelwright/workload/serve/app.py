"""The ASGI application: one server that answers every platform's protocol with the same model behind it."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from modelwright.workload.ids import uuid7
from modelwright.workload.serve.access import Access
from modelwright.workload.serve.body import Gone, Intake, Receive, Share, decode_json, read_body
from modelwright.workload.serve.dialects import (
    read_csv,
    read_document,
    read_lines,
    write_csv,
    write_lines,
    write_predictions,
)
from modelwright.workload.serve.failure import RequestFailure
from modelwright.workload.serve.metrics import CONTENT_TYPE
from modelwright.workload.serve.routes import OPEN, Target, routes_for
from modelwright.workload.serve.service import Context, Service
from modelwright.workload.serve.tensors import describe_model, read_tensors, write_tensors

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]
_ENCODE = msgspec.json.Encoder().encode
_JSON = b"application/json"
_CSV = b"text/csv"
_LINES = (b"application/jsonlines", b"application/x-ndjson", b"application/x-jsonlines", b"application/jsonl")
_ID = re.compile(rb"[!-~]{1,128}")
_MOST_HEADERS = 100
_LOG = logging.getLogger("modelwright.serve")


class App:
    """The application of one variant."""

    def __init__(self, service: Service, access: Access) -> None:
        config = service.config
        self._service = service
        self._access = access
        self._intake = Intake(config.limits.body_bytes)
        self._version = str(config.version if config.version is not None else "")
        names = (config.endpoint, *([config.model_name] if config.model_name else []))
        self._names = list(dict.fromkeys(names))
        self._routes = routes_for((*self._names, "model"), self._version or "1")
        said = {"version": config.version, "release": config.release, "variant": config.variant}
        self._says = [(f"x-modelwright-{name}".encode(), str(value).encode()) for name, value in said.items() if value]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        headers: Headers = dict(scope["headers"])
        identifier = _identifier(headers)
        try:
            status, kind, body, extra = await self._respond(scope, headers, receive, identifier, started)
        except RequestFailure as failure:
            status, kind, body, extra = failure.status, _JSON, _ENCODE(failure.body()), failure.headers
        except Gone:
            return
        except Exception:  # noqa: BLE001 (the last resort: a server answers and stays up)
            _LOG.exception("our fault, request %s", identifier)
            ours = RequestFailure(500, f"an error of the server, logged as request {identifier}", code="MW1000")
            status, kind, body, extra = 500, _JSON, _ENCODE(ours.body()), {}
        self._service.metrics.add("requests_total", status=str(status))
        self._service.metrics.observe(time.perf_counter() - started)
        await self._send(send, status, kind, body, extra, identifier)

    async def _send(
        self, send: Send, status: int, kind: bytes, body: bytes, extra: Mapping[str, str], identifier: str
    ) -> None:
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            *self._says,
            (b"x-request-id", identifier.encode()),
            *((name.encode(), value.encode()) for name, value in extra.items()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _respond(
        self, scope: MutableMapping[str, Any], headers: Headers, receive: Receive, identifier: str, started: float
    ) -> tuple[int, bytes, bytes, Mapping[str, str]]:
        if len(scope["headers"]) > _MOST_HEADERS:
            raise RequestFailure(431, f"more than {_MOST_HEADERS} headers", headers={"connection": "close"})
        self._access.check_host(headers)
        target = self._routes.find(scope["method"], scope["path"])
        if target is None or target.action not in OPEN:
            self._access.check_token(headers)
        if target is None:
            raise self._unknown(scope["method"], scope["path"])
        action = target.action
        if action in {"rows", "tensors"}:
            context = Context(
                identifier, self._service.clock.now(), started, headers.get(b"x-modelwright-mirror") == b"1"
            )
            kind, answer = await self._infer(target, headers, receive, context)
            return 200, kind, answer, {}
        if action == "metrics":
            return 200, CONTENT_TYPE.encode(), self._metrics().encode(), {}
        return 200, _JSON, _ENCODE(await self._about(target)), {}

    def _unknown(self, method: str, path: str) -> RequestFailure:
        if path in self._routes.paths:
            allowed = "POST" if self._routes.find("POST", path) else "GET"
            return RequestFailure(405, f"{path} is not for {method}", headers={"allow": allowed})
        return RequestFailure(404, f"no route {path}; try POST /predict")

    async def _infer(self, target: Target, headers: Headers, receive: Receive, context: Context) -> tuple[bytes, bytes]:
        kind = _content_type(headers)
        share = Share(self._intake)
        try:
            data = await read_body(receive, headers, self._service.config.limits, share)
            return await self._answer(target, kind, data, headers, context)
        finally:
            share.release()

    async def _answer(
        self, target: Target, kind: bytes, data: bytes, headers: Headers, context: Context
    ) -> tuple[bytes, bytes]:
        service = self._service
        if target.action == "tensors":
            document = decode_json(data)
            rows = await service.answer(read_tensors(document, service.reader), context)
            answer = write_tensors(rows, service.model.signature, document, target.model, self._version)
            return _JSON, _ENCODE(answer)
        if kind == _CSV:
            given: Any = read_csv(data, service.model.signature)
        elif kind in _LINES:
            given = read_lines(data, service.reader)
        else:
            given = read_document(decode_json(data), service.reader)
        rows = await service.answer(given, context)
        accepted = headers.get(b"accept", b"").lower()
        if _CSV in accepted:
            return _CSV, write_csv(rows)
        if lines := next((known for known in _LINES if known in accepted), None):
            return lines, write_lines(rows)
        return _JSON, _ENCODE(write_predictions(rows))

    async def _about(self, target: Target) -> dict[str, Any]:
        service, action = self._service, target.action
        if action == "flush":
            capture = service.capture
            rows = 0 if capture is None else await asyncio.get_running_loop().run_in_executor(None, capture.flush)
            return {"rows": rows, "pending": 0 if capture is None else capture.pending}
        if action == "describe":
            return describe_model(service.model.signature, target.model, self._version)
        if action == "models":
            return {"models": self._names}
        if action == "model":
            return {"name": target.model, "ready": True}
        if action == "server":
            return {"name": "modelwright", "version": "2", "extensions": []}
        return {"status": "ok", "live": True, "ready": True}

    def _metrics(self) -> str:
        service, metrics = self._service, self._service.metrics
        metrics.set("requests_pending", service.pending)
        metrics.set("batches_total", service.batcher.batches)
        metrics.set("batched_rows_total", service.batcher.rows)
        if service.capture is not None:
            for name, value in service.capture.counts.items():
                metrics.set(f"capture_{name}_total", value)
            metrics.set("capture_pending", service.capture.pending)
        if service.enrichment is not None:
            metrics.set("features_missing_total", service.enrichment.missing)
        return metrics.render()


def _identifier(headers: Headers) -> str:
    given = headers.get(b"x-request-id")
    return given.decode() if given is not None and _ID.fullmatch(given) else uuid7()


def _content_type(headers: Headers) -> bytes:
    given = headers.get(b"content-type", _JSON)
    kind, _, parameters = given.partition(b";")
    kind = kind.strip().lower()
    if kind not in {_JSON, _CSV, *_LINES} and not kind.endswith(b"+json"):
        raise RequestFailure(
            415,
            f"content-type {kind.decode('latin-1')!r} is not read; send application/json, application/jsonlines, "
            "application/x-ndjson or text/csv",
        )
    if b"charset" in parameters.lower() and b"utf-8" not in parameters.lower():
        raise RequestFailure(415, "only UTF-8 is read")
    return kind
