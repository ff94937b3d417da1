"""A Pulumi provider for platforms that none of Pulumi's serves: the program `pulumi-resource-modelwright-<adapter>`.

Pulumi finds it on PATH, starts it, reads its port from the first line, and asks over gRPC.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, Never

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from modelwright.contract.adapter import Adapter
from modelwright.contract.discovery import find_adapter
from modelwright.contract.engine import Maker
from modelwright.errors import ModelwrightError, UsageError
from modelwright.pulumi.registered import WRAPPED, short_token

PROGRAM = "pulumi-resource-"
_THREADS = 8
_MOST_BYTES = 400 * 1024 * 1024
"""What Pulumi's own processes allow of one another (sdk/go/common/util/rpcutil/serve.go)."""
_Changes = provider_pb2.DiffResponse.DiffChanges


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine with what an adapter's `Maker` does; the maker is opened when the engine configures it."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._maker: Maker | None = None

    # What the engine asks of a provider as a whole

    def Handshake(self, request: Any, context: Any) -> Any:
        """Tell what is understood on the wire: nothing but plain values."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=version("modelwright"))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Take any configuration: opening refuses a wrong one."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Say what differs; a project that was moved is no reason to replace what it made."""
        return _difference(_plain(request.old_inputs), _plain(request.news))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Open the maker."""
        configuration = _plain(request.args)
        configuration.pop("version", None)
        if configuration:
            self._maker = _told(context, lambda: self._adapter.open_maker(configuration))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a lookup."""
        answer = _told(context, lambda: self._opened().ask(short_token(request.tok), _plain(request.args)))
        return provider_pb2.InvokeResponse(**{"return": _struct(answer)})

    def Cancel(self, request: Any, context: Any) -> Any:
        """Go on: every call is short, and ends by itself."""
        return Empty()

    # What it asks of one resource

    def Check(self, request: Any, context: Any) -> Any:
        """Take the inputs as they are: compiling has checked them."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        """Say which inputs differ; whether that replaces is said by who registers the resource."""
        return _difference(_plain(request.old_inputs), _plain(request.news))

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Make a resource; in a preview, say what is known of it."""
        inputs = _plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_struct(inputs))
        offered = _told(context, lambda: self._opened().make(short_token(request.type), inputs))
        return provider_pb2.CreateResponse(id=request.name, properties=_struct({**inputs, **offered}))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change a resource in place."""
        former, inputs = _plain(request.old_inputs), _plain(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_struct({**_plain(request.olds), **inputs}))
        offered = _told(context, lambda: self._opened().change(short_token(request.type), former, inputs))
        return provider_pb2.UpdateResponse(properties=_struct({**inputs, **offered}))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return a resource as it is; nothing where it is gone."""
        inputs = _plain(request.inputs)
        found = _told(context, lambda: self._opened().read(short_token(request.type), inputs))
        if found is None:
            return provider_pb2.ReadResponse()
        now, offered = found
        return provider_pb2.ReadResponse(id=request.id, properties=_struct({**now, **offered}), inputs=_struct(now))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remove a resource."""
        inputs = _plain(request.old_inputs)
        _told(context, lambda: self._opened().remove(short_token(request.type), inputs))
        return Empty()

    def _opened(self) -> Maker:
        if self._maker is None:
            raise UsageError(
                "the provider was not configured", remedy="register resources by modelwright.pulumi.Platform"
            )
        return self._maker


def _told(context: grpc.ServicerContext, work: Any) -> Any:
    try:
        return work()
    except (ModelwrightError, OSError) as error:
        _refuse(context, str(error))


def _refuse(context: grpc.ServicerContext, text: str) -> Never:
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
    raise AssertionError("abort raises")


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return provider_pb2.DiffResponse(changes=_Changes.DIFF_SOME if names else _Changes.DIFF_NONE, diffs=names)


def _plain(struct: Struct) -> dict[str, Any]:
    found: dict[str, Any] = _whole(MessageToDict(struct))
    return {name: value for name, value in found.items() if not name.startswith("__")}  # the engine's own marks


def _whole(value: Any) -> Any:
    """Return a value with whole numbers as integers: a struct has floats only."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _struct(values: Mapping[str, Any]) -> Struct:
    struct: Struct = ParseDict(dict(values), Struct())
    return struct


def serve(adapter: Adapter) -> tuple[grpc.Server, int]:
    """Start answering for an adapter on a free port of loopback; return the server and the port."""
    options = [("grpc.max_receive_message_length", _MOST_BYTES), ("grpc.max_send_message_length", _MOST_BYTES)]
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(adapter), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """Serve the adapter that the program's own name ends with, until the engine ends it."""
    adapter = find_adapter(Path(sys.argv[0]).stem.removeprefix(PROGRAM).removeprefix(WRAPPED))
    server, port = serve(adapter)
    print(port, flush=True)  # noqa: T201  # what the engine waits for
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop(grace=5).wait()
