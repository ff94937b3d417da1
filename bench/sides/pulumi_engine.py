"""The least that a Pulumi engine does, in a process of its own: registrations are answered at once, none is kept."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc

FEATURES = ("SECRETS", "RESOURCE_REFERENCES", "OUTPUT_VALUES", "ALIAS_SPECS")


class Least(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Answers with what it was sent."""

    def GetDeploymentInfo(self, _request: Empty, _context: Any) -> resource_pb2.DeploymentInfo:  # noqa: N802  # gRPC's
        """Say what the SDK may use."""
        numbers = [getattr(resource_pb2, f"RESOURCE_MONITOR_FEATURE_{name}") for name in FEATURES]
        return resource_pb2.DeploymentInfo(supportedFeatures=numbers)

    def RegisterResource(self, request: Any, _context: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802  # gRPC's
        """Return the inputs as outputs, with the one output that others refer to."""
        made = Struct()
        made.CopyFrom(request.object)
        made["uri"] = f"file:///{request.name}"
        urn = f"urn:pulumi:dev::bench::{request.type}::{request.name}"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name, object=made)

    def RegisterResourceOutputs(self, _request: Any, _context: Any) -> Empty:  # noqa: N802  # gRPC's
        """Take them."""
        return Empty()

    def Invoke(self, _request: Any, _context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802  # gRPC's
        """Return any place."""
        place = Struct()
        place.update({"path": "/bench", "uri": "file:///bench"})
        return provider_pb2.InvokeResponse(**{"return": place})

    def SignalAndWaitForShutdown(self, _request: Empty, _context: Any) -> Empty:  # noqa: N802  # gRPC's
        """Wait for nothing."""
        return Empty()

    def Log(self, _request: Any, _context: Any) -> Empty:  # noqa: N802  # gRPC's
        """Take it: the SDK writes several lines for every resource."""
        return Empty()

    def SetRootResource(self, _request: Any, _context: Any) -> engine_pb2.SetRootResourceResponse:  # noqa: N802  # gRPC's
        """Take it."""
        return engine_pb2.SetRootResourceResponse()


def main() -> None:
    """Serve until the input ends; say the address first."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Least(), server)
    engine_pb2_grpc.add_EngineServicer_to_server(Least(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(grace=None)


if __name__ == "__main__":
    main()
