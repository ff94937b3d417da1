"""Tick micro-batching: what arrived in one turn of the event loop is predicted once.

There is no timer, so a lone request waits for nobody. A model that is slow on average answers in one thread; what
arrives meanwhile is the next batch. When a batch fails, each of its requests is tried alone, so that only those fail
which fail by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from modelwright.masking import mask_of
from modelwright.workload.formats.outputs import Outputs
from modelwright.workload.serve.failure import RequestFailure

_SLOW = 0.005
_WEIGHT = 0.2
_MOST_ROWS = 4_096
_LOG = logging.getLogger("modelwright.serve")


class Predictor(Protocol):
    """What the batcher asks: outputs for rows of values."""

    def predict_rows(self, rows: Sequence[Sequence[Any]]) -> Outputs:
        """Return the outputs for rows in the signature's order."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """One request's answer: a mapping per row, and how sure the model was of each, where it says so."""

    rows: list[dict[str, Any]]
    confidence: list[float] | None


@dataclass(slots=True)
class _Pending:
    rows: Sequence[Sequence[Any]]
    future: asyncio.Future[Answered]


class Batcher:
    """Collects requests to one model and answers them together."""

    def __init__(self, model: Predictor) -> None:
        self._model = model
        self._waiting: list[_Pending] = []
        self._scheduled = False
        self._busy = False
        self._mean = 0.0
        self._mask = mask_of(os.environ)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self.batches = 0
        self.rows = 0

    @property
    def leaves_loop(self) -> bool:
        """Whether predictions run in the thread, because they take more than 5 ms on average."""
        return self._mean > _SLOW

    def submit(self, rows: Sequence[Sequence[Any]]) -> asyncio.Future[Answered]:
        """Queue one request's rows and return what will hold its answer."""
        loop = asyncio.get_running_loop()
        pending = _Pending(rows, loop.create_future())
        self._waiting.append(pending)
        self._schedule(loop)
        return pending.future

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._scheduled and not self._busy:
            self._scheduled = True
            loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        batch = self._take()
        if not batch:
            return
        if self.leaves_loop:
            self._busy = True
            task = asyncio.get_running_loop().run_in_executor(self._thread, self._predict, batch)
            task.add_done_callback(lambda done: self._finish(batch, done.result()))
        else:
            self._deliver(batch, self._predict(batch))
            self._schedule(asyncio.get_running_loop())

    def _take(self) -> list[_Pending]:
        """Return the next batch: whole requests, up to 4,096 rows, without those that nobody waits for any more."""
        batch: list[_Pending] = []
        size = 0
        waiting = [pending for pending in self._waiting if not pending.future.done()]
        for pending in waiting:
            if batch and size + len(pending.rows) > _MOST_ROWS:
                break
            batch.append(pending)
            size += len(pending.rows)
        self._waiting = waiting[len(batch) :]
        return batch

    def _finish(self, batch: list[_Pending], answers: list[Answered | Exception]) -> None:
        self._busy = False
        self._deliver(batch, answers)
        self._schedule(asyncio.get_running_loop())

    def _deliver(self, batch: list[_Pending], answers: list[Answered | Exception]) -> None:
        for pending, answer in zip(batch, answers, strict=True):
            if pending.future.done():
                continue
            if isinstance(answer, Exception):
                pending.future.set_exception(answer)
            else:
                pending.future.set_result(answer)

    def _predict(self, batch: list[_Pending]) -> list[Answered | Exception]:
        started = time.perf_counter()
        rows = batch[0].rows if len(batch) == 1 else [row for pending in batch for row in pending.rows]
        try:
            outputs = self._ask(rows)
        except Exception as error:  # noqa: BLE001 (a model may raise anything)
            answers = [self._alone(pending, error, len(batch)) for pending in batch]
        else:
            answers = _divide(outputs, [len(pending.rows) for pending in batch])
        taken = time.perf_counter() - started
        self._mean += _WEIGHT * (taken - self._mean) if self.batches else taken
        self.batches += 1
        self.rows += len(rows)
        return answers

    def _alone(self, pending: _Pending, error: Exception, size: int) -> Answered | Exception:
        if size > 1:
            try:
                return _divide(self._ask(pending.rows), [len(pending.rows)])[0]
            except Exception as own:  # noqa: BLE001 (likewise)
                error = own
        said = self._mask.text(f"the model failed: {type(error).__name__}: {error}")
        _LOG.error("%s", said)
        return RequestFailure(500, said[:500])

    def _ask(self, rows: Sequence[Sequence[Any]]) -> Outputs:
        outputs = self._model.predict_rows(rows)
        if len(outputs) != len(rows):
            raise ValueError(f"{len(outputs)} predictions for {len(rows)} rows")
        return outputs

    def close(self) -> None:
        """Let the thread go once it has answered."""
        self._thread.shutdown(wait=False)


def _divide(outputs: Outputs, sizes: Sequence[int]) -> list[Answered | Exception]:
    rows = outputs.rows()
    sure = outputs.confidence
    confidence = None if sure is None else sure.tolist()
    finite = outputs.finite()
    whole = bool(finite.all())
    answers: list[Answered | Exception] = []
    start = 0
    for size in sizes:
        end = start + size
        if whole or bool(finite[start:end].all()):
            answers.append(Answered(rows[start:end], None if confidence is None else confidence[start:end]))
        else:
            bad = [index for index in range(size) if not finite[start + index]]
            answers.append(RequestFailure(500, f"the model answered NaN or infinity for row {bad[0]}"))
        start = end
    return answers
