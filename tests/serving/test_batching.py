"""Micro-batching: together when they come together, and nobody fails for somebody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from tests.serving.serving_kit import Server, serve_config, serving

from modelwright.workload.formats.outputs import Outputs
from modelwright.workload.serve.batcher import Batcher
from modelwright.workload.serve.failure import RequestFailure


class Doubling:
    """A model in memory that notes the size of each batch; 13 is unlucky, and `seconds` is what a call takes."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.sizes: list[int] = []
        self.seconds = seconds

    def predict_rows(self, rows: Sequence[Sequence[Any]]) -> Outputs:
        self.sizes.append(len(rows))
        time.sleep(self.seconds)
        values = np.array([row[0] for row in rows], dtype=float)
        if (values == 13).any():
            raise ValueError("unlucky")
        return Outputs(np.where(values == 7, np.inf, values * 2))


async def gather(batcher: Batcher, requests: Sequence[Sequence[float]]) -> list[Any]:
    futures = [batcher.submit([[value] for value in values]) for values in requests]
    return await asyncio.gather(*futures, return_exceptions=True)


def predictions(answer: Any) -> list[float]:
    return [row["prediction"] for row in answer.rows]


def test_what_arrives_in_one_tick_is_predicted_once() -> None:
    model = Doubling()
    answers = asyncio.run(gather(Batcher(model), [[1], [2, 3], [4]]))
    assert [predictions(answer) for answer in answers] == [[2], [4, 6], [8]]
    assert model.sizes == [4]


def test_only_the_failing_request_fails() -> None:
    model = Doubling()
    answers = asyncio.run(gather(Batcher(model), [[1], [13, 2], [3]]))
    assert predictions(answers[0]) == [2]
    assert predictions(answers[2]) == [6]
    assert isinstance(answers[1], RequestFailure)
    assert answers[1].status == 500
    assert "unlucky" in answers[1].message
    assert model.sizes == [4, 1, 2, 1]


def test_infinity_fails_its_own_request_only() -> None:
    answers = asyncio.run(gather(Batcher(Doubling()), [[1], [2, 7], [3]]))
    assert [isinstance(answer, RequestFailure) for answer in answers] == [False, True, False]
    assert "row 1" in answers[1].message


def test_a_huge_request_does_not_join_a_batch_that_is_full() -> None:
    model = Doubling()
    asyncio.run(gather(Batcher(model), [[1.0] * 3000, [2.0] * 3000, [3.0]]))
    assert model.sizes == [3000, 3001]


def test_slow_predictions_leave_the_loop_free() -> None:
    async def scenario() -> tuple[float, bool]:
        batcher = Batcher(Doubling(seconds=0.05))
        await batcher.submit([[1.0]])  # the first call shows that the model is slow
        longest, done = 0.0, False
        pending = [batcher.submit([[float(i)]]) for i in range(20)]
        while not done:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)
            done = all(future.done() for future in pending)
        return longest, batcher.leaves_loop

    longest, left = asyncio.run(scenario())
    assert left
    assert longest < 0.045


def test_nobody_computes_for_a_client_that_has_gone() -> None:
    async def scenario() -> list[int]:
        model = Doubling()
        batcher = Batcher(model)
        first, second = batcher.submit([[1.0]]), batcher.submit([[2.0]])
        first.cancel()
        await second
        return model.sizes

    assert asyncio.run(scenario()) == [1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tricky: str) -> Iterator[Server]:
    config = serve_config(tricky, limits={"queue": 8, "timeout": 5.0})
    with serving(tmp_path_factory.mktemp("batching"), config) as found:
        yield found


def ask(server: Server, x: float) -> Any:
    return server.ask("/predict", {"rows": [{"x": x}]})


def test_over_http_one_poisoned_request_is_500_and_its_neighbours_are_answered(server: Server) -> None:
    values = [1.0, 500.0, 3.0, 404.0, 5.0]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda x: ask(server, x), values * 4))
    for x, answer in zip(values * 4, answers, strict=True):
        if x in {500.0, 404.0}:
            assert answer.status == 500
            assert ("five hundred" if x == 500.0 else "NaN") in answer.json["error"]["message"]
        else:
            assert answer.predictions == [2 * x]


def test_overload_is_503_with_retry_after_and_the_accepted_are_answered(server: Server) -> None:
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: ask(server, 300.0), range(2)))  # shows that the model is slow
        answers = list(pool.map(lambda _: ask(server, 300.0), range(40)))
    statuses = sorted({answer.status for answer in answers})
    assert statuses == [200, 503]
    refused = [answer for answer in answers if answer.status == 503]
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    assert all(answer.predictions == [600.0] for answer in answers if answer.status == 200)


def test_health_is_answered_while_the_model_is_busy(server: Server) -> None:
    with ThreadPoolExecutor(4) as pool:
        ask(server, 300.0)
        slow = [pool.submit(ask, server, 300.0) for _ in range(3)]
        started = time.perf_counter()
        assert server.ask("/ping").status == 200
        assert time.perf_counter() - started < 0.25
        assert [future.result().status for future in slow] == [200] * 3
