"""The endpoint's own service, asked for chunks of rows: what is wrong with one row is that row's error alone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from modelwright.workload.model_folder import LoadedModel
from modelwright.workload.serve.config import Limits, ServeConfig
from modelwright.workload.serve.failure import RequestFailure
from modelwright.workload.serve.metrics import Metrics
from modelwright.workload.serve.service import Context, Service

Row = Mapping[str, Any]
Answer = dict[str, Any]
_REFUSED = "refused by the guardrail "


@dataclass(frozen=True, slots=True)
class _Then:
    """A clock that stands at the moment as of which rows are answered."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


class Answering:
    """Answers chunks of rows as of one moment."""

    def __init__(
        self, config: ServeConfig, model: LoadedModel, fallbacks: Mapping[str, LoadedModel], at: datetime
    ) -> None:
        patient = replace(config, limits=Limits(timeout=float("inf"), rows=sys.maxsize))
        metrics = Metrics("modelwright", {"endpoint": config.endpoint, "variant": config.variant})
        self._service = Service(
            patient, model, fallbacks=fallbacks, enrichment=None, capture=None, clock=_Then(at), metrics=metrics
        )
        self._context = Context("batch", at, 0.0)

    def answer(self, rows: Sequence[Row]) -> list[Answer]:
        """Return one answer per row; a row that cannot be answered has `prediction` None and an `error`."""
        return asyncio.run(self._answer(rows))

    async def _answer(self, rows: Sequence[Row]) -> list[Answer]:
        if not rows:
            return []
        try:
            return await self._service.answer(rows, self._context)
        except RequestFailure as failure:
            wrong = _by_row(failure)
            if wrong:
                good = iter(await self._answer([row for index, row in enumerate(rows) if index not in wrong]))
                return [_failed(wrong[index]) if index in wrong else next(good) for index in range(len(rows))]
            if len(rows) == 1:
                return [_failed(str(failure))]
            middle = len(rows) // 2
            return [*await self._answer(rows[:middle]), *await self._answer(rows[middle:])]

    def close(self) -> None:
        """Let the service's threads go."""
        self._service.close()


def _by_row(failure: RequestFailure) -> dict[int, str]:
    """Return what is wrong with which rows."""
    found: dict[int, str] = {}
    for problem in failure.problems:
        text = str(problem.get("problem"))
        if not text.startswith(_REFUSED):
            text = f"{problem.get('column')}: {text}"
        row = int(problem["row"])
        found[row] = f"{found[row]}; {text}" if row in found else text
    return found


def refusing_rule(answer: Answer) -> str:
    """Return the guardrail that refused an answer's row, nothing for a row that was answered or failed otherwise."""
    error = str(answer.get("error", ""))
    return error.removeprefix(_REFUSED) if error.startswith(_REFUSED) else ""


def _failed(message: str) -> Answer:
    return {"prediction": None, "error": message}
