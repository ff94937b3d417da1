"""Evaluation: versions judged on the same held-out rows, and compared."""

from modelwright.workload.evaluate.job import evaluate, run

__all__ = ["evaluate", "run"]
