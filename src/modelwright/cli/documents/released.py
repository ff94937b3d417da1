"""Documents of the verbs that train and release."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from modelwright.cli.documents.part import Moment, Named, Open, Part


class RunError(Part):
    """Why a run failed, with the user's own lines."""

    type: str
    message: str
    traceback: str | None = None


class Run(Part):
    """One execution of a training job."""

    run: str
    job: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled", "lost"]
    origin: str
    queued: Moment
    ended: Moment | None
    seconds: float
    hyperparameters: Open
    metrics: Named
    model: str | None
    error: RunError | None
    by: str


class Gate(Part):
    """What one gate said; `evidence` has the fields of its kind."""

    promotion: str
    version: int
    environment: str = ""
    gate: str
    gates: list[str] = Field(default=[])
    kind: str = ""
    passed: bool
    evidence: Open = Field(default={})
    text: str


class Released(Part):
    """A release that a promotion led to."""

    release: int
    state: str


class Promotion(Part):
    """A version on its way to an alias."""

    promotion: str
    model: str
    version: int
    alias: str
    state: Literal["open", "finished", "failed"]
    reason: str
    override: str | None
    gates: dict[str, Gate]
    releases: dict[str, Released]


class TrainedAndPromoted(Promotion):
    """`train --promote`: the promotion and the run it is of."""

    run: Run


class Origin(Part):
    """The environment in which a copied version was registered first."""

    environment: str
    version: int
    by: str


class Version(Part):
    """A registered version of a model."""

    model: str
    version: int
    state: Literal["registered", "verified", "approved", "rejected", "archived"]
    aliases: list[str]
    digest: str
    run: str
    registered: Moment
    by: str
    metrics: Named
    format: str | None
    training_data: dict[str, str] | None
    libraries: dict[str, str] | None
    imported: Origin | None


class Copied(Version):
    """`model copy`: the version as the other environment knows it."""

    environment: str


class PastPromotion(Part):
    """A promotion that a version was asked to pass."""

    alias: str
    state: Literal["open", "finished", "failed"]
    reason: str
    override: str | None
    gates: dict[str, Gate]


class Shown(Version):
    """`model show`: the version and its promotions."""

    promotions: list[PastPromotion]


class Score(Part):
    """A metric's value on held-out rows with its 95 % interval, or the reason why there is none."""

    value: float | None
    interval: tuple[float | None, float | None] | None
    reason: str | None = None


class Evaluation(Part):
    """`evaluate`: what versions scored on the same held-out rows."""

    format: Literal["modelwright.evaluation/1"] = Field(alias="schema")
    evaluation: str
    model: str
    versions: list[int]
    status: Literal["succeeded", "failed"]
    error: Open | None
    rows: int
    blocks: list[Any]
    data: str | None
    metrics: dict[str, dict[str, Score]]
    comparisons: list[Open]
    checks: list[Open]
    leaks: list[Open]


class Log(Part):
    """A log's text, and the byte offset to go on from."""

    log: str
    offset: int


class Actor(Part):
    """Who decided."""

    id: str
    via: str
    kind: str


class Event(Part):
    """One decision, as the ledger holds it; `body` has the fields of its kind."""

    format: Literal["modelwright.event/1"] = Field(alias="schema")
    stream: str
    seq: int
    prev: str | None
    kind: str
    key: str
    at: Moment
    recorded: Moment
    actor: Actor
    reason: str
    cause: list[str]
    platform: str
    body: Open
    by: str


RELEASED: dict[str, Any] = {
    "train": Run | TrainedAndPromoted,
    "runs list": list[Run],
    "runs show": Run,
    "runs logs": Log,
    "runs cancel": Run,
    "evaluate": Evaluation,
    "model list": list[Version],
    "model show": Shown,
    "model register": Version,
    "model approve": Version,
    "model reject": Version,
    "model promote": Promotion,
    "model copy": Copied,
    "model history": list[Event],
}
