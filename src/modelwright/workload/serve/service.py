"""One request's way through a variant: check, fill in features, guard, predict, guard again, keep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelwright.clock import Clock
from modelwright.errors import ModelwrightError
from modelwright.workload.capture import Capture, Captured
from modelwright.workload.ids import uuids7
from modelwright.workload.model_folder import LoadedModel
from modelwright.workload.serve.batcher import Batcher
from modelwright.workload.serve.config import Rule, ServeConfig
from modelwright.workload.serve.enrichment import Enrichment
from modelwright.workload.serve.failure import RequestFailure, bad_rows, refused_rows
from modelwright.workload.serve.guardrails import Guardrails, apply
from modelwright.workload.serve.metrics import Metrics
from modelwright.workload.serve.rows import Row, RowReader
from modelwright.workload.signature import problem_of

REJECTED = "rejected"
"""Flags a captured row that a guardrail refused; it has no output."""
UNANSWERED = "unanswered"
"""Flags a captured row that was not answered because another row of its request was refused; it has no output."""
KEYLESS = "keyless"
"""Flags a captured row without one of the declared keys: its truth cannot be found."""
MISTIMED = "mistimed"
"""Flags a captured row whose event time lies beyond the tolerance: it is kept under its arrival."""
_LATER = {"retry-after": "1"}


@dataclass(frozen=True, slots=True)
class Context:
    """What a request brought beside its rows: its id, when it came (both clocks), and whether it is a mirrored copy."""

    request: str
    arrived: datetime
    started: float
    mirror: bool = False


def doubts(declared: Sequence[str], keys: Mapping[str, Any], event: datetime | None, at: datetime) -> Sequence[str]:
    """Return the flags of a row to be captured at `at` that lacks a declared key or whose event time was not taken."""
    keyless = declared and any(keys.get(name) is None for name in declared)
    mistimed = event is not None and event != at
    if not keyless and not mistimed:
        return ()
    return [*([KEYLESS] if keyless else []), *([MISTIMED] if mistimed else [])]


class Service:
    """Answers rows for one variant; `reader` is what the protocols decode with."""

    def __init__(
        self,
        config: ServeConfig,
        model: LoadedModel,
        *,
        fallbacks: Mapping[str, LoadedModel],
        enrichment: Enrichment | None,
        capture: Capture | None,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.config = config
        self.model = model
        self.guardrails = Guardrails(config.guardrails, model.signature)
        riders = enrichment.entities if enrichment else ()
        self.reader = RowReader(
            model.signature,
            keys=config.keys,
            riders=riders,
            event_time=config.event_time,
            lenient=self.guardrails.lenient,
        )
        self.batcher = Batcher(model)
        self._fallbacks = {name: (loaded, Batcher(loaded)) for name, loaded in fallbacks.items()}
        self.enrichment = enrichment
        self.capture = capture
        self.clock = clock
        self.metrics = metrics
        self.pending = 0

    async def answer(self, rows: Sequence[Mapping[str, Any]], context: Context) -> list[dict[str, Any]]:
        """Return one mapping per row. Raises `RequestFailure` for a request that cannot be answered."""
        if self.pending >= self.config.limits.queue:
            self.metrics.add("refused_total")
            raise RequestFailure(503, "too many requests are waiting", headers=_LATER, code="MW1202")
        if len(rows) > self.config.limits.rows:
            raise RequestFailure(413, f"{len(rows)} rows in a request; at most {self.config.limits.rows} are read")
        self.pending += 1
        try:
            async with asyncio.timeout(self.config.limits.timeout):
                return await self._answer(rows, context)
        except TimeoutError:
            raise RequestFailure(504, f"no answer within {self.config.limits.timeout:g} s") from None
        finally:
            self.pending -= 1

    async def _answer(self, given: Sequence[Mapping[str, Any]], context: Context) -> list[dict[str, Any]]:
        given, ages = self._enriched(given)
        rows = self.reader.read(given)
        if ages is not None:
            for row, age in zip(rows, ages, strict=True):
                row.age = age
        await self._predict(rows)
        refused = {row.number: row.refused_by for row in rows if row.refused_by} if self.guardrails.any else {}
        if self.guardrails.any:
            self._flag(rows, refused)
        if self.capture is not None:
            self._keep(self.capture, rows, context)
        if refused:
            raise refused_rows(refused)
        self.metrics.add("rows_total", len(rows))
        return [row.output for row in rows if row.output is not None]

    def _flag(self, rows: Sequence[Row], refused: Mapping[int, str]) -> None:
        """Put the flags into the answers; of a refused request no row has an answer, and each says why."""
        for row in rows:
            if refused:
                row.output = None
                row.flags.append(REJECTED if row.refused_by else UNANSWERED)
            elif row.output is not None:
                row.output["flags"] = row.flags
            for flag in row.flags:
                self.metrics.add("flags_total", flag=flag)

    def _enriched(
        self, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[Sequence[Mapping[str, Any]], list[float | None] | None]:
        if self.enrichment is None:
            return rows, None
        try:
            return self.enrichment.fill(rows)
        except ModelwrightError as error:
            raise RequestFailure(503, f"features cannot be read: {error.message}", headers=_LATER) from error

    async def _predict(self, rows: list[Row]) -> None:
        asked: list[Row] = []
        redirected: dict[str, list[Row]] = {}
        for row in rows:
            rule = self.guardrails.before(row) if self.guardrails.any else None
            self._dispatch(row, rule, redirected)
            if row.output is None and (rule is None or rule.action in {"flag", "override"}):
                asked.append(row)
        if any(row.refused_by for row in rows):
            return
        if asked:
            await self._ask(asked, redirected)
        if any(row.refused_by for row in asked):
            return
        for name, waiting in redirected.items():
            await self._fall_back(name, waiting)

    def _dispatch(self, row: Row, rule: Rule | None, redirected: dict[str, list[Row]]) -> None:
        if rule is None:
            return
        if rule.action == "fallback":
            redirected.setdefault(str(rule.to), []).append(row)
        else:
            apply(row, rule)

    async def _ask(self, rows: list[Row], redirected: dict[str, list[Row]]) -> None:
        answered = await self.batcher.submit([row.values for row in rows])
        sure = answered.confidence if self.guardrails.asks_confidence else None
        for index, (row, output) in enumerate(zip(rows, answered.rows, strict=True)):
            row.output = output
            if sure is not None:
                self._dispatch(row, self.guardrails.after(row, sure[index]), redirected)

    async def _fall_back(self, name: str, rows: list[Row]) -> None:
        model, batcher = self._fallbacks[name]
        values = [self._for_fallback(row, model) for row in rows]
        answered = await batcher.submit(values)
        for row, output in zip(rows, answered.rows, strict=True):
            row.output = output
            row.flags.append(f"fallback:{name}")

    def _for_fallback(self, row: Row, model: LoadedModel) -> list[Any]:
        by_name = dict(zip(self.reader.names, row.values, strict=True))
        problems = [
            {"row": row.number, "column": column.name, "problem": f"for the fallback: {wrong}"}
            for column in model.signature.inputs
            if (wrong := problem_of(column, by_name.get(column.name)))
        ]
        if problems:
            raise bad_rows(problems)
        return [by_name[name] for name in model.signature.names]

    def _keep(self, capture: Capture, rows: list[Row], context: Context) -> None:
        took = (time.perf_counter() - context.started) * 1000
        names = self.reader.names
        kept = []
        for identifier, row in zip(uuids7(len(rows)), rows, strict=True):
            if capture.wants(identifier):
                extra: dict[str, Any] = {"request": context.request}
                if row.age is not None:
                    extra["features_age_s"] = row.age
                if context.mirror:
                    extra["mirror"] = True
                inputs = dict(zip(names, row.values, strict=True))
                at = self._moment(row, context.arrived)
                flags = self._doubts(row, at)
                output = row.output or {}
                kept.append(Captured(identifier, at, context.arrived, row.keys, inputs, output, flags, took, extra))
        capture.add(kept)

    def _moment(self, row: Row, arrived: datetime) -> datetime:
        if row.at is None:
            return arrived
        apart = abs((row.at - arrived).total_seconds())
        return row.at if apart <= self.config.event_time_tolerance else arrived

    def _doubts(self, row: Row, at: datetime) -> list[str]:
        """Return the row's flags, and what its captured form lacks: a key, or an event time near its arrival."""
        found = doubts(self.config.keys, row.keys, row.at, at)
        for flag in found:
            self.metrics.add("flags_total", flag=flag)
        return [*row.flags, *found] if found else row.flags

    def close(self) -> None:
        """Write what was captured and let the threads go."""
        self.batcher.close()
        for _, batcher in self._fallbacks.values():
            batcher.close()
        if self.capture is not None:
            self.capture.close()
