"""Monitors: what is looked at on a schedule, who hears of it, and when to train again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from modelwright.errors import Problem, did_you_mean
from modelwright.spec.base import Resource, Spec
from modelwright.spec.checks import Bias, Check, Drift
from modelwright.spec.counts import KOfN
from modelwright.spec.cron import Cron
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.field import Many, OneOf, Takes, option
from modelwright.spec.names import Timezone
from modelwright.spec.reference import Given, Refers, ResourceReference, Secret
from modelwright.spec.training import TrainingJob

_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_PLACE = re.compile(r"https?://[^\s/]+\S*")


class Email(Spec):
    """Tell an address."""

    KIND = "email"

    address: str = option("The address.", kw_only=False)

    def flaws(self) -> Iterator[Problem]:
        """Yield a problem for what is no address."""
        if not _ADDRESS.fullmatch(self.address):
            yield Problem("address", f"{self.address!r} is no address of an e-mail")


class Webhook(Spec):
    """Tell a web service; its address is best kept as a secret."""

    KIND = "webhook"

    url: Annotated[Secret | Given | str, OneOf()] = option("The address, or the secret that holds it.", kw_only=False)

    def flaws(self) -> Iterator[Problem]:
        """Yield a problem for what is no address."""
        if isinstance(self.url, str) and not _PLACE.fullmatch(self.url):
            yield Problem("url", f"{self.url!r} is no address that begins with https://")


class Retrain(Spec):
    """When to train again by itself: `when` so many closed windows of a named check were violated."""

    KIND = "retrain"

    job: Takes[TrainingJob | str, Annotated[ResourceReference, Refers("training")]] = option(
        "The job to run.", kw_only=False
    )
    on: Many[str] = option("The checks that count: a metric's name, drift, quality, bias or attribution.", default=())
    when: Takes[str | KOfN, KOfN] = option("How many of the last closed windows must be violated.", default="1 of 1")
    cooldown: Takes[str | Duration, Duration] = option("How long to wait after the last run.", default="24h")
    monthly_budget: float | None = option("The most that runs may cost in a calendar month.", default=None, ge=0)


Alert = Annotated[Email | Webhook, OneOf()]


class Monitor(Resource):
    """Checks of what an endpoint saw and answered, window by window."""

    KIND = "monitor"

    endpoint: Takes[Endpoint | str, Annotated[ResourceReference, Refers("endpoint")]] = option(
        "The endpoint that is watched."
    )
    checks: Many[Check] = option("What is looked at.", min_length=1)
    schedule: Takes[str | Cron, Cron] = option("When to look.", default="0 * * * *")
    window: Takes[str | Duration, Lasting] = option("How long a window is.", default="1d")
    timezone: Timezone = option("The time zone of the schedule and of windows that are whole days.", default="UTC")
    min_rows: int = option("Windows with fewer rows say nothing.", default=100, ge=1)
    alerts: Many[Alert] = option("Who hears of a violation.", default=())
    retrain: Retrain | None = option("When to train again.", default=None)

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that do not go together."""
        if self.window.seconds < 60:  # noqa: PLR2004  # a minute
            yield Problem("window", f"must be at least a minute, not {self.window}")
        names = [check.name for check in self.checks]
        for index, name in enumerate(names):
            if name in names[:index] and not isinstance(self.checks[index], Drift | Bias):
                yield Problem(f"checks[{index}]", f"there is a check {name!r} already")
        for index, name in enumerate(self.retrain.on if self.retrain else ()):
            if name not in names:
                yield Problem(f"retrain.on[{index}]", f"there is no check {name!r}", did_you_mean(name, names))

    def relies_on(self) -> frozenset[str]:
        """Return the features that this monitor relies on."""
        found = {"monitor", *(f"monitor.check.{check.KIND}" for check in self.checks)}
        found |= {f"monitor.alert.{alert.KIND}" for alert in self.alerts}
        return super().relies_on() | found | ({"monitor.retrain"} if self.retrain else set())
