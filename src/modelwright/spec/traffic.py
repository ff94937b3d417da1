"""Which versions an endpoint serves, and with what share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelwright.spec.field import Takes, readable, shown
from modelwright.spec.frozen import FrozenMapping
from modelwright.spec.reference import ModelReference

_ALL = 100


@readable(
    {
        "anyOf": [
            {"type": "string"},
            {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": _ALL}},
        ],
        "examples": ["delay@champion", {"delay@champion": 90, "delay@challenger": 10}],
    }
)
class Weights(FrozenMapping[ModelReference, int]):
    """Shares of traffic in percent, summing to 100, by model reference."""

    def document(self) -> str | dict[str, int]:
        """Return the one reference, or the shares by reference."""
        if len(self) == 1:
            return next(iter(self)).document()
        return {reference.document(): share for reference, share in self.items()}

    @classmethod
    def parse(cls, value: Any) -> Weights:
        """Return the shares of a mapping, or all for one reference. Raises `ValueError` for other sums than 100."""
        if not isinstance(value, Mapping):
            return cls({ModelReference.parse(value): _ALL})
        shares = {ModelReference.parse(key): _share(key, share) for key, share in value.items()}
        if sum(shares.values()) != _ALL or len(shares) != len(value):
            raise ValueError(f"the shares sum to {sum(shares.values())} and not to {_ALL}: {shown(dict(value))}")
        return cls(shares)


def _share(key: object, share: object) -> int:
    if isinstance(share, bool) or not isinstance(share, int) or not 0 <= share <= _ALL:
        raise ValueError(f"the share of {key!r} must be an integer from 0 to {_ALL}, not {shown(share)}")
    return share


if TYPE_CHECKING:
    Serves = Takes[str | ModelReference | Mapping[str, int], Mapping[ModelReference, int]]
else:
    Serves = Weights
