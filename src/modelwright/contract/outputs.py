"""What each kind offers to the others and to its users once it is lowered: values, the same names on every platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from modelwright.assembly.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Base of all outputs; `extra` holds what one platform adds under its own names, such as a bucket's ARN."""

    extra: Mapping[str, Value] = field(default_factory=dict)

    def to_values(self) -> dict[str, Value]:
        """Return the outputs as they stand in the record: absent ones left out, `extra` beside the rest."""
        named = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "extra"}
        return {**{name: value for name, value in named.items() if value is not None}, **self.extra}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundationOutputs(Outputs):
    """What every environment gets.

    The control store's URI, where the project's code lies inside a job, where images are pushed, the key, the topic.
    """

    control: Value
    code: Value
    images: Value = None
    key: Value = None
    topic: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStoreOutputs(Outputs):
    """A data store's URI; what is in it is addressed as `<uri>/<path>`."""

    uri: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureStoreOutputs(Outputs):
    """Where feature views lie offline (a URI), and how the online side is reached (`{"kind": …}`), if there is one."""

    offline: Value
    online: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOutputs(Outputs):
    """A cluster's name on the platform, and the price of one node hour in the budget's currency."""

    name: Value
    hourly_price: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOutputs(Outputs):
    """A training job's name on the platform."""

    name: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRegistryOutputs(Outputs):
    """Where registered versions lie."""

    uri: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOutputs(Outputs):
    """An endpoint's name on the platform and, where it is known before a release, its address; none for batch."""

    name: Value
    url: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorOutputs(Outputs):
    """A monitor's name on the platform, and where its results lie."""

    name: Value
    results: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleOutputs(Outputs):
    """A schedule's name on the platform."""

    name: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOutputs(Outputs):
    """Who performs a duty, in the platform's own words (a role's ARN, an account's mail address, a convention)."""

    id: Value
