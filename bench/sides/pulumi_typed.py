"""The same resources by the provider's typed classes. Arguments: count."""

from __future__ import annotations

import json
import sys

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_stack import measured


def main() -> None:
    """Register, and say how it went."""
    count = json.loads(sys.argv[1])["count"]

    def program() -> None:
        for n in range(count):
            kubernetes.core.v1.ConfigMap(
                f"map-{n}",
                metadata=kubernetes.meta.v1.ObjectMetaArgs(name=f"map-{n}", labels={"app": "bench"}),
                data={"key": f"value-{n}"},
                opts=pulumi.ResourceOptions(delete_before_replace=True),
            )

    measured(program)


if __name__ == "__main__":
    main()
