"""Resources registered by token, as modelwright does. Arguments: count, whole (a platform with so many resources)."""

from __future__ import annotations

import json
import sys

import pulumi
from pulumi_stack import measured

from modelwright import DataStore, Environment, Project
from modelwright.pulumi import Platform
from modelwright.pulumi.registered import Registered

BESIDES = 4
"""What every local environment has beside its data stores: three of the foundation, and the record."""


def main() -> None:
    """Register, and say how it went."""
    given = json.loads(sys.argv[1])
    count = given["count"]

    def alone() -> None:
        for n in range(count):
            inputs = {
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"map-{n}", "labels": {"app": "bench"}},
                "data": {"key": f"value-{n}"},
            }  # fmt: skip
            options = pulumi.ResourceOptions(version="4.30.0", delete_before_replace=True)
            Registered("kubernetes:core/v1:ConfigMap", f"map-{n}", inputs, (), options)

    stores = [DataStore(f"store-{n}") for n in range(count - BESIDES)]
    project = Project("bench", stores, environments={"dev": Environment("local")})
    measured(lambda: Platform("bench", project) and None if given["whole"] else alone())


if __name__ == "__main__":
    main()
