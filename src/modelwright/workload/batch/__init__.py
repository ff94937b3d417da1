"""Batch scoring: rows in files answered as the endpoint's server would answer them."""

from modelwright.workload.batch.job import run

__all__ = ["run"]
