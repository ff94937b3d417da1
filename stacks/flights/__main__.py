"""The flights platform in one environment: the stack's name says which."""

import pulumi

from modelwright.pulumi import Platform

platform = Platform("flights", project="../../examples/01_flights/project.py")
pulumi.export("delay_api", platform.endpoints["delay-api"].url)
