"""Endpoints on this machine: a router on a port of their own and a server per version, or a batch job."""

from __future__ import annotations

from modelwright.adapters.local import job
from modelwright.assembly.value import Slot
from modelwright.contract.outputs import EndpointOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.endpoint import Endpoint

SERVE = "local.Serve"
BATCH = "local.Batch"
"""What a release of a batch endpoint serves with; nothing is started for it until its job runs."""
ROUTE = "local.Route"
RETIRE = "local.Retire"


def lower(endpoint: Endpoint, scope: Scope) -> EndpointOutputs:
    """Reserve the address and add the requests that put versions behind it."""
    if endpoint.mode == "batch":
        _serve(endpoint, scope, BATCH)
        batch = job.body("batch", scope.batch_config(endpoint), scope, env=endpoint.env, timeout=None)
        scope.request("batch", job.OPERATION, batch)
        return EndpointOutputs(name=endpoint.name)
    address = scope.add("local:Address", {"endpoint": endpoint.name}, part="address")
    _serve(endpoint, scope, SERVE)
    scope.request("route", ROUTE, {"endpoint": endpoint.name, "weights": Slot("weights"), "mirror": Slot("mirror")})
    scope.request("retire", RETIRE, {"endpoint": endpoint.name, "variant": Slot("variant")})
    return EndpointOutputs(name=endpoint.name, url=address.ref("url"), extra={"token_file": address.ref("token_file")})


def _serve(endpoint: Endpoint, scope: Scope, operation: str) -> None:
    image = endpoint.image.env if endpoint.image else {}
    scope.request("serve", operation, {"config": scope.serving_config(endpoint), "env": scope.env(image, endpoint.env)})
