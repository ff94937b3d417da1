"""Pooled connections against a server of the test's own, which closes them at the worst moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from modelwright.adapters.local.router.routing import Chooser, Routing
from modelwright.adapters.local.router.upstream import Exchange, Upstream

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Behaviour = Callable[[int, int], bytes | None]
"""Takes the connection's number and the request's number on it; returns the answer, None to close without one."""


async def exchange(upstream: Upstream) -> Exchange:
    ended = asyncio.get_running_loop().create_future()
    upstream.send(Exchange(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n", ended.set_result, time.monotonic() + 5))
    found = await asyncio.wait_for(ended, 5)
    assert isinstance(found, Exchange)
    return found


def run(behaviour: Behaviour, count: int) -> tuple[list[Exchange], list[int]]:
    """Send requests one after the other; return how each ended, and how many came over each connection."""

    async def scenario() -> tuple[list[Exchange], list[int]]:
        seen: list[int] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            number = len(seen)
            seen.append(0)
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    answer = behaviour(number, seen[number])
                    seen[number] += 1
                    if answer is None:
                        return
                    writer.write(answer)
            except asyncio.IncompleteReadError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        upstream = Upstream(server.sockets[0].getsockname()[1])
        ended = [await exchange(upstream) for _ in range(count)]
        assert not upstream.pending
        upstream.close()
        server.close()
        return ended, seen

    return asyncio.run(scenario())


def test_connections_are_used_again() -> None:
    ended, seen = run(lambda _connection, _request: ANSWER, 5)
    assert [item.body for item in ended] == [b"ok"] * 5
    assert seen == [5]


def test_a_request_over_a_connection_that_closed_meanwhile_is_sent_once_more() -> None:
    ended, seen = run(lambda connection, request: None if (connection, request) == (0, 1) else ANSWER, 3)
    assert [item.status for item in ended] == [200, 200, 200]
    assert seen == [2, 2]


def test_a_request_is_never_sent_a_third_time() -> None:
    ended, seen = run(lambda connection, request: None if connection or request else ANSWER, 2)
    assert [item.status for item in ended] == [200, 0]
    assert "without an answer" in ended[1].reason
    assert seen == [2, 1]


def test_a_new_connection_that_closes_is_an_error_at_once() -> None:
    ended, seen = run(lambda _connection, _request: None, 1)
    assert ended[0].status == 0
    assert seen == [1]


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\ncontent-len", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"],
    ids=["half a head", "half a body"],
)
def test_half_an_answer_is_none_and_nothing_is_sent_again(answer: bytes) -> None:
    async def scenario() -> tuple[Exchange, int]:
        count = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            await reader.readuntil(b"\r\n\r\n")
            count += 1
            writer.write(ANSWER if count == 1 else answer)
            if count == 1:
                await reader.readuntil(b"\r\n\r\n")
                count += 1
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        upstream = Upstream(server.sockets[0].getsockname()[1])
        await exchange(upstream)
        ended = await exchange(upstream)
        server.close()
        return ended, count

    ended, count = asyncio.run(scenario())
    assert ended.status == 0
    assert count == 2


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async def scenario() -> Exchange:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\nInvalid")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        ended = await exchange(Upstream(server.sockets[0].getsockname()[1]))
        server.close()
        return ended

    assert asyncio.run(scenario()).body == b"Invalid"


def test_nobody_listening_is_said_and_nothing_was_sent() -> None:
    async def scenario() -> Exchange:
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return await exchange(Upstream(port))

    ended = asyncio.run(scenario())
    assert ended.unsent
    assert "does not listen" in ended.reason


@pytest.mark.parametrize("weights", [{"a": 93, "b": 7}, {"a": 50, "b": 30, "c": 20}, {"a": 99, "b": 1}, {"a": 100}])
def test_shares_are_exact_in_every_hundred(weights: dict[str, int]) -> None:
    chooser = Chooser(Routing(1, weights))
    for _ in range(5):
        chosen = [chooser.choose() for _ in range(100)]
        assert {name: chosen.count(name) for name in weights} == weights


@pytest.mark.parametrize(("share", "expected"), [(1.0, 1000), (0.1, 100), (1 / 3, 333), (0.0, 0)])
def test_mirrored_fractions_are_exact(share: float, expected: int) -> None:
    chooser = Chooser(Routing(1, {"a": 100}, {"b": share}))
    copies = sum(len(chooser.mirrored("a")) for _ in range(1000))
    assert copies == expected
