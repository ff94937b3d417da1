"""The serving config `modelwright.serve/1`, read once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelwright.canonical import check_schema
from modelwright.errors import UsageError


@dataclass(frozen=True, slots=True)
class Rule:
    """One guardrail as declared; `low`, `high` and `below` are numbers, `known` is `reference` or a list."""

    kind: str
    action: str
    column: str | None = None
    low: float | None = None
    high: float | None = None
    known: Any = "reference"
    below: float | None = None
    value: Any = None
    to: str | None = None

    @property
    def name(self) -> str:
        """How the rule is called in flags, errors and metrics: `range:distance`, `confidence`."""
        return f"{self.kind}:{self.column}" if self.column else self.kind


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server bears: bytes (unpacked) and rows of a body, requests under way, seconds for answer and body."""

    body_bytes: int = 8 << 20
    queue: int = 256
    timeout: float = 30.0
    body_timeout: float = 10.0
    rows: int = 100_000


@dataclass(frozen=True, slots=True)
class CaptureTo:
    """Where captured rows go and which fraction of them."""

    to: str | None = None
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """One variant of one endpoint: a version in a release, with everything that wraps the model."""

    endpoint: str
    model: str
    release: int | str | None = None
    version: int | str | None = None
    variant: str = ""
    capture: CaptureTo = CaptureTo()
    keys: tuple[str, ...] = ()
    event_time: str | None = None
    event_time_tolerance: float = 0.0
    guardrails: tuple[Rule, ...] = ()
    fallback: Mapping[str, str] = field(default_factory=dict)
    online: Mapping[str, Any] | None = None
    views: tuple[Mapping[str, Any], ...] = ()
    limits: Limits = Limits()
    opt_in: tuple[str, ...] | None = None
    model_name: str | None = None


def read_config(document: Mapping[str, Any]) -> ServeConfig:
    """Return the config of a JSON document. Raises `UsageError` for missing fields and `FormatVersionError`."""
    check_schema(document, "serve", 1)
    missing = [name for name in ("endpoint", "model") if not document.get(name)]
    if missing:
        raise UsageError(f"the serving config lacks {', '.join(missing)}")
    capture, features = document.get("capture") or {}, document.get("features") or {}
    opt_in = document.get("opt_in")
    return ServeConfig(
        endpoint=document["endpoint"],
        model=document["model"],
        release=document.get("release"),
        version=document.get("version"),
        variant=document.get("variant") or "",
        capture=CaptureTo(capture.get("to"), float(capture.get("fraction", 1.0))),
        keys=tuple(document.get("keys") or ()),
        event_time=document.get("event_time"),
        event_time_tolerance=float(document.get("event_time_tolerance") or 0.0),
        guardrails=tuple(_rule(rule) for rule in document.get("guardrails") or ()),
        fallback={name: item["model"] for name, item in (document.get("fallback") or {}).items()},
        online=features.get("online"),
        views=tuple(features.get("views") or ()),
        limits=_limits(document.get("limits") or {}),
        opt_in=None if opt_in is None else tuple(opt_in),
        model_name=document.get("model_name") or None,
    )


def _rule(document: Mapping[str, Any]) -> Rule:
    known = Rule.__dataclass_fields__
    return Rule(**{name: value for name, value in document.items() if name in known and value is not None})


def _limits(document: Mapping[str, Any]) -> Limits:
    known = Limits.__dataclass_fields__
    return Limits(**{name: value for name, value in document.items() if name in known and value is not None})
