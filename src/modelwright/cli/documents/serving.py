"""Documents of the verbs that serve and watch."""

from __future__ import annotations

from typing import Any, Literal

from modelwright.cli.documents.part import Moment, Open, Part
from modelwright.cli.documents.released import Log


class Live(Part):
    """The release that serves."""

    release: int
    since: Moment | None


class Moving(Part):
    """The release under way."""

    release: int
    state: str
    step: str | None


class Variant(Part):
    """A version behind an endpoint; `weight` in percent, `mirror` a share of the requests."""

    variant: str
    version: int | None
    state: Literal["starting", "ready", "failed", "gone"]
    weight: int
    mirror: float
    reason: str


class Endpoint(Part):
    """What the ledger decided for an endpoint and what really serves."""

    endpoint: str
    url: str
    live: Live | None
    moving: Moving | None
    awaiting: str
    variants: list[Variant]


class Invoked(Part):
    """`endpoint invoke`: what was asked and answered, by which version."""

    rows: list[Open] | Open
    outputs: list[Open]
    version: int | None
    release: int | None
    variant: str
    id: str


class Release(Part):
    """One release of an endpoint's history."""

    release: int
    versions: list[int]
    state: str
    planned: Moment
    live: Moment | None
    ended: Moment | None
    reason: str
    outcome: str
    by: str
    evidence: list[str]


class History(Part):
    """`endpoint history`: everything that was ever put behind an endpoint."""

    endpoint: str
    releases: list[Release]


class RestoredTo(Part):
    """What serves after a rollback."""

    release: int
    versions: list[int]


class RolledBack(Part):
    """`endpoint rollback`: what was decided, and the endpoint as it is now."""

    endpoint: Endpoint
    decided: str
    over: bool
    live: RestoredTo | None


class Retired(Part):
    """`endpoint retire`."""

    endpoint: str
    retired: bool


class Materialised(Part):
    """`features materialize`: rows written offline, keys written online, and until when."""

    view: str
    rows: int
    online: int
    until: str


class Found(Part):
    """The online features of one key, None where there are none."""

    key: dict[str, str | int]
    features: Open | None


class Scored(Part):
    """`batch`: where the scores are, how many rows, how many of them could not be scored."""

    endpoint: str
    version: int | None
    to: str
    rows: int
    errors: int


class Result(Part):
    """The newest result of one window, version and check."""

    window: tuple[Moment, Moment]
    version: int
    check: str
    status: Literal["ok", "violated", "insufficient", "error"]
    value: float | None
    interval: list[float | None] | None
    threshold: float | str | None
    rows: int
    matched: float | None
    revision: int


class Watched(Part):
    """`monitor run` and `monitor report`: the monitor's state and its results."""

    monitor: str
    state: Literal["waiting", "healthy", "violated"]
    results: list[Result]


class Written(Part):
    """A file was written."""

    written: str


class Moved(Part):
    """One thing that `operate --once` did."""

    stream: str
    text: str


class Operated(Part):
    """`operate` ended."""

    operated: bool


SERVING: dict[str, Any] = {
    "endpoint status": Endpoint,
    "endpoint invoke": Invoked,
    "endpoint history": History,
    "endpoint traffic": Endpoint,
    "endpoint rollback": RolledBack,
    "endpoint retire": Retired,
    "endpoint logs": Log,
    "features materialize": Materialised,
    "features get": list[Found],
    "batch": Scored,
    "monitor run": Watched,
    "monitor report": Watched | Written,
    "operate": list[Moved] | Operated,
}
