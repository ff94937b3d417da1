"""The router's process: `python -m modelwright.adapters.local.router --endpoint-dir <folder>`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from modelwright.adapters.local.router.connection import ClientConnection
from modelwright.adapters.local.router.gate import Gate
from modelwright.adapters.local.router.router import Router
from modelwright.adapters.local.router.variant import read_json, write_json
from modelwright.clock import clock_from_environment
from modelwright.workload.standing import Standing

ADDRESS = "address.json"
HOST = "127.0.0.1"
READY = "router.json"
_BACKLOG = 1_024
_LOOK = 0.5
_LOG = logging.getLogger("modelwright.router")


def main() -> int:
    """Route until TERM or INT, or until the endpoint's folder is deleted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint-dir", required=True, type=Path)
    folder = parser.parse_args().endpoint_dir
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s router: %(message)s", stream=sys.stderr)
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(folder))
    else:
        uvloop.run(_serve(folder))
    return 0


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    home = Standing(folder)
    address = read_json(folder / ADDRESS) or {}
    router = Router(folder, _gate(address), clock_from_environment())
    listener = _listen(folder, address)
    router.reload()
    server = await loop.create_server(lambda: ClientConnection(router), sock=listener, backlog=_BACKLOG)
    port = listener.getsockname()[1]
    write_json(folder / READY, {"pid": os.getpid(), "port": port})
    _LOG.info("listening on %s:%d", HOST, port)
    watchers = [loop.create_task(router.supervise()), loop.create_task(_until_gone(home, ended))]
    await ended.wait()
    server.close()
    await router.stop()
    for watcher in watchers:
        watcher.cancel()


async def _until_gone(home: Standing, ended: asyncio.Event) -> None:
    """End with the folder: whoever deletes the state wants no router that keeps its port and asks for a lost token."""
    while not home.gone():  # noqa: ASYNC110 (a file system says nothing by itself)
        await asyncio.sleep(_LOOK)
    _LOG.warning("the endpoint's folder was deleted: the router ends")
    ended.set()


def _gate(address: dict[str, object]) -> Gate:
    return Gate(Path(str(address["token_file"])).read_bytes().strip())


def _listen(folder: Path, address: dict[str, object]) -> socket.socket:
    """Listen on the endpoint's port; where somebody else has it, take another one and write that down."""
    wanted = address.get("port")
    for port in (wanted if isinstance(wanted, int) else 0, 0):
        # Named TCP, or asyncio does not turn Nagle's algorithm off on the connections accepted here.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            _LOG.warning("port %s is taken by somebody else (%s): taking another", port, error.strerror)
            listener.close()
            continue
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 (socket's own parameter)
        taken = listener.getsockname()[1]
        if taken != wanted:
            write_json(folder / ADDRESS, {**address, "port": taken})
        return listener
    raise OSError("no port to listen on")


if __name__ == "__main__":
    sys.exit(main())
