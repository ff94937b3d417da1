"""Documents of the verbs that declare and apply."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from modelwright.cli.documents.part import Named, Open, Part


class MissingSdk(Part):
    """A provider SDK that is not installed, and how many resources were not held against it."""

    sdk: str
    resources: int


class Validated(Part):
    """`validate`: the environments that were checked, and the provider SDKs that were missing for it.

    `schema_checked` counts the platform's resources that were held against the SDK of their provider.
    """

    project: str
    environments: list[str]
    resources: int
    schema_checked: int
    schema_missing: list[MissingSdk]


class Resource(Part):
    """A platform resource of an assembly."""

    name: str
    token: str
    inputs: Open
    owner: str
    depends_on: list[str]
    protect: bool
    holds_data: bool
    renamed_from: list[str]
    replace_on: list[str]


class Request(Part):
    """A provider call of an assembly, with open slots."""

    name: str
    purpose: str
    operation: str
    body: Open
    owner: str


class Assembly(Part):
    """`compile`: the compiled form of the project."""

    format: Literal["modelwright.assembly/1"] = Field(alias="schema")
    project: str
    environment: str
    adapter: str
    scope: Open
    resources: list[Resource]
    requests: list[Request]
    outputs: Open
    identities: Open
    desired: Open
    spec: str


class Change(Part):
    """One thing that `up` would change."""

    name: str
    kind: Literal["create", "update", "replace", "delete"]
    subject: str
    reasons: list[str]
    holds_data: bool
    """Whether there is data in it that the change destroys."""


class Plan(Part):
    """`preview`: what `up` would change, and how many of each kind."""

    summary: dict[Literal["create", "update", "replace", "delete"], int]
    changes: list[Change]


class ResourceState(Part):
    """A declared resource: its state in a word, and what there is to say."""

    name: str
    kind: str
    state: str
    detail: str


class State(Part):
    """The state of an environment."""

    project: str
    environment: str
    adapter: str
    resources: list[ResourceState]
    schedules: list[str]
    operated: bool
    """Whether somebody runs `modelwright operate`."""


class Status(State):
    """`status`: the state, and the commands that come next."""

    next: list[str]


class Applied(Part):
    """`up`: what is there now, and the commands that come next."""

    status: State
    outputs: dict[str, Open]
    next: list[str]


class Difference(Part):
    """One thing that was made and is gone or different."""

    resource: str
    subject: str
    kind: Literal["deleted", "changed", "unfinished"]
    applied: str
    found: str
    remedy: str


class Drift(Part):
    """`drift`: all differences, and what the platform does not answer for."""

    differences: list[Difference]
    unanswered: list[str]


class Cost(Part):
    """`cost`: prices an hour by resource; `monthly` is None where the adapter knows no prices."""

    adapter: str
    priced: bool
    hourly: Named
    monthly: float | None
    runs: Named


class Comment(Part):
    """`comment`: the Markdown, and the file it was written to, if any."""

    markdown: str
    characters: int
    written: str | None


class ImageLayer(Part):
    """A layer of an image: how it was made, and how it came to where the image is now."""

    title: str
    digest: str
    size: int
    diff_id: str
    made: Literal["base", "built", "reused"]
    sent: Literal["there", "mounted", "pushed", "copied"] | None


class ImageBuilt(Part):
    """`image build`: the image's digest, its name where it was pushed, and its layers; sizes are in bytes."""

    digest: str
    image: str | None
    layout: str | None
    platform: str
    python: str
    base: str
    size: int
    layers: list[ImageLayer]
    notes: list[str]


class Destroyed(Part):
    """`destroy`: what was removed."""

    project: str
    environment: str
    destroyed: bool


DECLARED: dict[str, Any] = {
    "validate": Validated,
    "compile": Assembly,
    "preview": Plan,
    "up": Applied,
    "status": Status,
    "outputs": dict[str, Open] | Open | str | int | float | bool | list[Any] | None,
    "drift": Drift,
    "cost": Cost,
    "image build": ImageBuilt,
    "comment": Comment,
    "destroy": Destroyed,
}
