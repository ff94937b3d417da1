"""The engine's two gRPC services, as the SDK speaks to them: resources are registered, logs are written."""

from __future__ import annotations

import threading
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from pulumi.runtime.proto import (
    callback_pb2,
    callback_pb2_grpc,
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)
from tests.pulumi.engine.deployment import Deployment, RefusalError
from tests.pulumi.engine.wire import from_struct, holds_unknown, in_clear, to_struct, wrapped

_FEATURES = ("SECRETS", "RESOURCE_REFERENCES", "OUTPUT_VALUES", "ALIAS_SPECS", "DELETED_WITH", "TRANSFORMS")
Request = resource_pb2.RegisterResourceRequest


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Serves one run of one program; `requests` are all that arrived, as they arrived."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.requests: list[Message] = []
        self.errors: list[str] = []
        self._root = ""
        self._transforms: dict[str, list[callback_pb2.Callback]] = {}
        self._lock = threading.Lock()

    def GetDeploymentInfo(self, request: Empty, context: Any) -> resource_pb2.DeploymentInfo:  # noqa: ARG002, N802  # gRPC's shape
        numbers = [getattr(resource_pb2, f"RESOURCE_MONITOR_FEATURE_{name}") for name in _FEATURES]
        return resource_pb2.DeploymentInfo(supportedFeatures=numbers)

    def SupportsFeature(self, request: Any, context: Any) -> resource_pb2.SupportsFeatureResponse:  # noqa: ARG002, N802  # gRPC's shape
        """Answer an older SDK, which asks for one feature after the other."""
        known = {"secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith", "transforms"}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in known)

    def RegisterResource(self, request: Request, context: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802  # gRPC's name
        self.requests.append(request)
        transforms = [*request.transforms, *self._transforms.get(request.parent, [])]
        changed = Request()
        changed.CopyFrom(request)
        for transform in transforms:
            self._transformed(changed, transform)
        with self._lock:
            try:
                state = self.deployment.register(changed)
            except RefusalError as refusal:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refusal))
        self._transforms[state.urn] = transforms
        return resource_pb2.RegisterResourceResponse(urn=state.urn, id=state.id, object=to_struct(state.outputs))

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Empty:  # noqa: ARG002, N802  # gRPC's shape
        self.requests.append(request)
        with self._lock:
            self.deployment.finish(request.urn, from_struct(request.outputs))
        return Empty()

    def ReadResource(self, request: Any, context: Any) -> resource_pb2.ReadResourceResponse:  # noqa: N802  # gRPC's name
        """Answer a stack reference: the only thing that programs here read."""
        self.requests.append(request)
        outputs = self.deployment.stacks.get(request.id)
        if request.type != "pulumi:pulumi:StackReference" or outputs is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no {request.type} {request.id}")
        assert outputs is not None
        secret = [name for name, value in outputs.items() if value == wrapped(value)]
        answer = {"name": request.id, "outputs": outputs, "secretOutputNames": secret}
        urn = f"urn:pulumi:{self.deployment.stack}::{self.deployment.project}::{request.type}::{request.name}"
        self.deployment.read.add(urn)
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=to_struct(answer))

    def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:  # noqa: ARG002, N802  # gRPC's shape
        self.requests.append(request)
        args = from_struct(request.args)
        assert not holds_unknown(args), "the SDK asks only when everything is known"
        answer = self.deployment.provider.invoke(request.tok, in_clear(args))
        return provider_pb2.InvokeResponse(**{"return": to_struct(answer)})

    def SignalAndWaitForShutdown(self, request: Empty, context: Any) -> Empty:  # noqa: ARG002, N802  # gRPC's shape
        return Empty()

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> Empty:  # noqa: ARG002, N802  # gRPC's shape
        self.requests.append(request)
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return Empty()

    def SetRootResource(self, request: Any, context: Any) -> engine_pb2.SetRootResourceResponse:  # noqa: ARG002, N802  # gRPC's shape
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def GetRootResource(self, request: Any, context: Any) -> engine_pb2.GetRootResourceResponse:  # noqa: ARG002, N802  # gRPC's shape
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def _transformed(self, request: Request, transform: callback_pb2.Callback) -> None:
        """Let the program's own function change a request, in place, before anything is decided on it."""
        options = resource_pb2.TransformResourceOptions(
            depends_on=request.dependencies, protect=request.protect, version=request.version, provider=request.provider
        )
        asked = resource_pb2.TransformRequest(
            type=request.type, name=request.name, custom=request.custom, parent=request.parent,
            properties=request.object, options=options,
        )  # fmt: skip
        with grpc.insecure_channel(transform.target) as channel:
            stub = callback_pb2_grpc.CallbacksStub(channel)
            call = callback_pb2.CallbackInvokeRequest(token=transform.token, request=asked.SerializeToString())
            answer = resource_pb2.TransformResponse.FromString(stub.Invoke(call).response)
        request.object.CopyFrom(answer.properties)
        request.protect = answer.options.protect
