"""What users hold: a client of one environment, and handles on runs, versions, releases and monitors."""

from modelwright.client.client import Client
from modelwright.client.connect import connect
from modelwright.lifecycle.platform import Step

__all__ = ["Client", "Step", "connect"]
