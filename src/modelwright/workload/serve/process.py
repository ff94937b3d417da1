"""The serving process: loads one model, checks it against its own sample, listens, and leaves nothing behind on TERM.

It listens only once it can answer. What keeps it from serving is one line on stderr, a `failed` ready file where one
is wanted (`MODELWRIGHT_READY_FILE`), and exit status 13 for bytes that are not what they should be, else 1.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from modelwright.clock import clock_from_environment
from modelwright.errors import ModelwrightError
from modelwright.masking import mask_of
from modelwright.store import local_path, open_store
from modelwright.workload.capture import Capture
from modelwright.workload.manifest import manifest_bytes
from modelwright.workload.model_folder import LoadedModel, load_model
from modelwright.workload.serve.access import HOST, access_from_environment
from modelwright.workload.serve.app import App
from modelwright.workload.serve.bounded import protocol_class
from modelwright.workload.serve.config import ServeConfig, read_config
from modelwright.workload.serve.enrichment import open_enrichment
from modelwright.workload.serve.guardrails import fallbacks_of
from modelwright.workload.serve.lean import import_estimators
from modelwright.workload.serve.metrics import Metrics
from modelwright.workload.serve.service import Service
from modelwright.workload.standing import Standing

READY_FILE = "MODELWRIGHT_READY_FILE"
_PORTS = ("MODELWRIGHT_PORT", "AIP_HTTP_PORT", "SAGEMAKER_BIND_TO_PORT", "PORT")
_HEX = 64
_BACKLOG = 1_024
_TICKS = 5
"""Of uvicorn, ten a second."""


def run(config: Mapping[str, Any]) -> int:
    """Serve until TERM or INT. Returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        service = build(read_config(config))
        app = App(service, access_from_environment())
        listener = _listen()
    except Exception as error:  # noqa: BLE001 (a model's own code may raise anything; what it raises is the reason)
        if not isinstance(error, ModelwrightError | OSError):
            traceback.print_exc()
        return _failed(error)
    logging.getLogger("modelwright.serve").info(
        "serving %s %s on port %d", service.config.endpoint, service.config.variant, listener.getsockname()[1]
    )
    _serve(app, service, listener)
    return 0


def build(config: ServeConfig) -> Service:
    """Return the service of a config: models loaded and asked for their samples, capture started."""
    others = fallbacks_of(config.guardrails, config.fallback)
    import_estimators(_manifest(uri) for uri in (config.model, *others.values()))
    model = _load(config.model, config)
    model.check_sample()
    fallbacks = {name: _load(uri, config) for name, uri in others.items()}
    clock = clock_from_environment()
    labels = {"endpoint": config.endpoint, "variant": config.variant}
    service = Service(
        config,
        model,
        fallbacks=fallbacks,
        enrichment=open_enrichment(config, model.manifest, clock),
        capture=_capture(config),
        clock=clock,
        metrics=Metrics("modelwright", labels),
    )
    if service.capture is not None:
        service.capture.start()
    return service


def _manifest(uri: str) -> dict[str, Any]:
    """Return a manifest as it stands, unverified: only to know what must be imported before it is verified."""
    try:
        found = json.loads(manifest_bytes(local_path(uri)))
    except (ModelwrightError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _load(uri: str, config: ServeConfig) -> LoadedModel:
    folder = local_path(uri)
    name = folder.name
    pinned = f"sha256:{name}" if len(name) == _HEX and all(letter in "0123456789abcdef" for letter in name) else None
    return load_model(folder, pinned, opt_in=config.opt_in)


def _capture(config: ServeConfig) -> Capture | None:
    if not config.capture.to or config.capture.fraction <= 0:
        return None
    origin = {"release": config.release, "version": config.version, "variant": config.variant}
    return Capture(
        open_store(config.capture.to), endpoint=config.endpoint, origin=origin, fraction=config.capture.fraction
    )


def _listen() -> socket.socket:
    host = os.environ.get(HOST, "127.0.0.1")
    port = next((int(os.environ[name]) for name in _PORTS if os.environ.get(name)), 8080)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio does not turn Nagle's algorithm off and every answer waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(_BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 (socket's own parameter)
    return listener


class _Server(uvicorn.Server):
    """Says that it is ready once its socket answers; ends when the folder that it said so in is gone."""

    _home: Standing | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            _say({"state": "ready", "port": sockets[0].getsockname()[1], "pid": os.getpid()})
            if path := os.environ.get(READY_FILE):
                self._home = Standing(Path(path).parent)

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0 and self._home is not None and self._home.gone():
            logging.getLogger("modelwright.serve").warning("the server's folder was deleted: it ends")
            return True
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take TERM and INT as the wish to end, without uvicorn's raising them again before capture is written."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _serve(app: App, service: Service, listener: socket.socket) -> None:
    settings = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=32_768,
        backlog=_BACKLOG,
        ws="none",
        http=protocol_class(service.config.limits.body_timeout),
    )
    try:
        _Server(settings).run(sockets=[listener])
    finally:
        service.close()


def _failed(error: Exception) -> int:
    said = str(error) if isinstance(error, ModelwrightError | OSError) else f"{type(error).__name__}: {error}"
    reason = mask_of(os.environ).text(said)
    sys.stderr.write(f"modelwright: cannot serve: {reason}\n")
    _say({"state": "failed", "reason": reason, "pid": os.getpid()})
    return error.exit_status if isinstance(error, ModelwrightError) else 1


def _say(document: Mapping[str, Any]) -> None:
    path = os.environ.get(READY_FILE)
    if path:
        temporary = Path(path).with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(document))
        temporary.replace(path)
