"""Endpoints on this machine: a router on a port of their own and a server per version, or a batch job."""

from __future__ import annotations

from modelwright.adapters.local import job
from modelwright.assembly.value import Slot
from modelwright.contract.outputs import EndpointOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.endpoint import Endpoint

SERVE = "local.Serve"
ROUTE = "local.Route"
RETIRE = "local.Retire"


def lower(endpoint: Endpoint, scope: Scope) -> EndpointOutputs:
    """Reserve the address and add the requests that put versions behind it."""
    if endpoint.mode == "batch":
        batch = job.body("batch", scope.batch_config(endpoint), scope, env=endpoint.env, timeout=None)
        scope.request("batch", job.OPERATION, batch)
        return EndpointOutputs(name=endpoint.name)
    address = scope.add("local:Address", {"endpoint": endpoint.name}, part="address")
    _requests(endpoint, scope)
    return EndpointOutputs(name=endpoint.name, url=address.ref("url"), extra={"token_file": address.ref("token_file")})


def _requests(endpoint: Endpoint, scope: Scope) -> None:
    image = endpoint.image.env if endpoint.image else {}
    serve = {
        "config": scope.serving_config(endpoint),
        "env": scope.env(image, endpoint.env),
        "limits": {"memory_bytes": endpoint.memory.bytes if endpoint.memory else None},
        "scale_to_zero": endpoint.mode == "serverless" or endpoint.instances.minimum == 0,
        "idle": endpoint.autoscale.cooldown.seconds if endpoint.autoscale else 300.0,
    }
    scope.request("serve", SERVE, serve)
    scope.request("route", ROUTE, {"endpoint": endpoint.name, "weights": Slot("weights"), "mirror": Slot("mirror")})
    scope.request("retire", RETIRE, {"endpoint": endpoint.name, "variant": Slot("variant")})
