"""The platform plane in a Pulumi program: `from modelwright.pulumi import Platform`."""

from modelwright.pulumi.platform import Platform

__all__ = ["Platform"]
