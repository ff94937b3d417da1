"""What the router knows of one variant's server: where it listens, when to start it again, when to let it rest."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from modelwright.adapters.local.driver.processes import Identity
from modelwright.adapters.local.driver.secrets import read_secret
from modelwright.adapters.local.router.upstream import Upstream
from modelwright.adapters.local.router.variant import Variant
from modelwright.errors import CredentialsError

State = Literal["starting", "ready", "resting", "failed"]
_TRIES = 5
_HEALTHY_AFTER = 60.0
_AGAIN_AFTER = 30.0
"""Seconds after which a server that was given up is tried again: nobody may be there to do it."""
_POLL = 0.02
_LEAVING = 5.0
_DOUBTS = 5
_LOG = logging.getLogger("modelwright.router")


@dataclass(slots=True)
class Server:
    """One variant's server under the router's eyes."""

    variant: Variant
    queue: int = 256
    idle_after: float | None = None
    version: str = ""
    release: str = ""
    secret: Callable[[str], str] = read_secret
    state: State = "starting"
    reason: str = ""
    upstream: Upstream | None = None
    draining: bool = False
    _last: float = field(default_factory=time.monotonic)
    _up: float = 0.0
    _tries: int = 0
    _not_before: float = 0.0
    _change: asyncio.Event = field(default_factory=asyncio.Event)
    _starting: asyncio.Task[None] | None = None
    _leaving: Identity | None = None
    _past: list[Upstream] = field(default_factory=list)

    @property
    def pending(self) -> int:
        """How many requests are under way."""
        return sum(len(upstream.pending) for upstream in self._upstreams())

    def _upstreams(self) -> list[Upstream]:
        return [*self._past, *([self.upstream] if self.upstream is not None else [])]

    def expire(self, now: float) -> None:
        """Give up requests that take too long, also those that an earlier process still answers."""
        for upstream in self._upstreams():
            upstream.expire(now)
        self._past = [upstream for upstream in self._past if upstream.pending]

    def touch(self) -> None:
        """Remember that the variant was just asked."""
        self._last = time.monotonic()

    async def ready(self, seconds: float) -> bool:
        """Wait until the server answers, starting it if it rests; return whether it does within the time."""
        self.touch()
        if self.state == "resting":
            self._begin()
        until = time.monotonic() + seconds
        while self.state == "starting" and (left := until - time.monotonic()) > 0:
            self._change.clear()
            try:
                await asyncio.wait_for(self._change.wait(), left)
            except TimeoutError:
                break
        return self.state == "ready"

    def watch(self) -> None:
        """Look at the process: note a death, start it again after a pause, let an idle one rest."""
        if self.draining or self._starting is not None:
            return
        if self.state == "ready":
            if not self.variant.alive():
                self._died()
            elif self._is_idle():
                self._rest()
        elif self.state == "starting" and time.monotonic() >= self._not_before:
            self._begin()
        elif self.state == "failed" and time.monotonic() >= self._not_before and self.variant.failure() is None:
            self._tries = 0
            self._begin()

    def _died(self, *, ending: bool = False) -> None:
        """Start it again; one that is ending, and takes nothing new, may answer what it has."""
        if ending and self.upstream is not None:
            self.upstream.leave()
            self._past.append(self.upstream)
            self.upstream = None
        self._drop()
        if time.monotonic() - self._up > _HEALTHY_AFTER:
            self._tries = 0
        self._retry("the server's process ended by itself")

    def _retry(self, reason: str) -> None:
        self._tries += 1
        _LOG.warning("%s: %s (%d of %d)", self.variant.name, reason, self._tries, _TRIES)
        if self._tries >= _TRIES:
            self._not_before = time.monotonic() + _AGAIN_AFTER
            self._become("failed", f"{reason}, {_TRIES} times")
            return
        self._not_before = time.monotonic() + (0.0 if self._tries == 1 else min(0.5 * 2**self._tries, 10.0))
        self._become("starting", reason)
        if self._tries == 1:
            self._begin()

    def _is_idle(self) -> bool:
        return self.idle_after is not None and not self.pending and time.monotonic() - self._last > self.idle_after

    def _rest(self) -> None:
        self._become("resting", "nobody asked for a while")
        self._drop()
        self._starting = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        try:
            await asyncio.to_thread(self.variant.stop)
        finally:
            self._starting = None
        if self._last > self._up and self.state == "starting":
            self._begin()

    def _begin(self) -> None:
        self._become("starting", self.reason)
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start())

    async def _start(self) -> None:
        try:
            await self._old_one_gone()
            if self.variant.failure() is None:  # what it cannot load now it cannot load again
                await asyncio.to_thread(self.variant.start, self.secret)
            while True:
                port = self.variant.port()
                if port is not None:
                    self._upgrade(port)
                    return
                if not await asyncio.to_thread(self.variant.alive):
                    break
                await asyncio.sleep(_POLL)
        except (OSError, CredentialsError) as error:
            self._not_before = time.monotonic() + _AGAIN_AFTER
            why = error.message if isinstance(error, CredentialsError) else str(error)
            self._become("failed", f"the server cannot be started: {why}")
            return
        finally:
            self._starting = None
        said = self.variant.failure()
        if said is not None:
            self._become("failed", said)
        else:
            self._retry("the server ended before it was ready")

    async def _old_one_gone(self) -> None:
        """Wait until a process that closed its door has left, so that another one is started and not itself found."""
        until = time.monotonic() + _LEAVING
        while self._leaving is not None and self.variant.identity() == self._leaving:
            if time.monotonic() > until:
                await asyncio.to_thread(self.variant.stop, 1.0)
            await asyncio.sleep(_POLL)
        self._leaving = None

    def _upgrade(self, port: int) -> None:
        self.upstream = Upstream(port)
        self._up = self._last = time.monotonic()
        self._become("ready", "")

    def _become(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        self._change.set()

    def _drop(self) -> None:
        if self.upstream is not None:
            self.upstream.close()
            self.upstream = None

    def suspect(self, upstream: Upstream) -> None:
        """Look at the process at once, because a request to it failed: one that does not listen is as good as dead."""
        if self.upstream is not upstream or self.state != "ready" or self.draining:
            return
        self._leaving = self.variant.identity()
        if upstream.refused or self._leaving is None:
            self._died(ending=self._leaving is not None)
        elif self._starting is None:
            self._become("starting", "it closed a connection without an answer")
            self._starting = asyncio.get_running_loop().create_task(self._doubt())

    async def _doubt(self) -> None:
        """Hold requests for a moment, to see whether a process that broke off an answer is about to be gone."""
        try:
            for _ in range(_DOUBTS):
                await asyncio.sleep(_POLL)
                if self.variant.identity() != self._leaving:
                    break
        finally:
            self._starting = None
        if self.variant.identity() == self._leaving:
            self._leaving = None
            self._become("ready", "")
        else:
            self._died()

    def close(self) -> None:
        """Close the connections; the process goes on."""
        self.draining = True
        if self._starting is not None:
            self._starting.cancel()
        self._drop()
        for upstream in self._past:
            upstream.close()
