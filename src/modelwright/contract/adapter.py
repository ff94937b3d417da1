"""The adapter contract: one frozen value per platform, reached through an entry point."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ValidationError

from modelwright.assembly.value import Value
from modelwright.contract.engine import Engine, Maker
from modelwright.contract.outputs import Outputs
from modelwright.contract.place import Location, Place
from modelwright.contract.support import Answer
from modelwright.errors import InvalidProjectError, ModelwrightError, Problem, UsageError, did_you_mean
from modelwright.spec.lines import within

if TYPE_CHECKING:
    from modelwright.contract.driver import Driver, Platform
    from modelwright.contract.scope import Scope
    from modelwright.spec.environment import Environment

KINDS = (
    "foundation",
    "identity",
    "schedule",
    "data_store",
    "feature_store",
    "cluster",
    "training",
    "model_registry",
    "endpoint",
    "monitor",
)
Lower = Callable[[Any, "Scope"], Outputs]
"""`lower(spec, scope) -> Outputs`: pure; adds resources and requests to the scope and returns what the kind offers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """Everything that the product knows of one platform.

    `settings` is the model of an environment's settings, `support` a total table of answers, `limits` numbers such as
    the longest name, `kinds` one lower for each of `KINDS`. `scope` says, from settings and the environment's name,
    where an assembly may be applied; `locate` where its control store is, without any state. `driver` and `platform`
    are dotted names (`package.module:name`), imported when a verb is called: `driver(record, state_dir, clock_path)`
    returns a `Driver`, `platform(project_dir, environment)` a `Platform`; adapters whose resources an engine makes
    leave `platform` out and say in `engine` what such an engine must know. `granted` returns the answers that an
    environment's settings change. `sdks` maps packages of tokens (`kubernetes` of `kubernetes:apps/v1:Deployment`) to
    the Python packages of the provider SDKs that describe them; what the adapter's own platform makes has tokens of two
    parts and stands in no SDK. `unlisted` names places (`token#path`, without the numbers of lists) at which a value is
    meant that an SDK takes and does not list.
    """

    name: str
    settings: type[BaseModel]
    support: Mapping[str, Answer]
    kinds: Mapping[str, Lower]
    scope: Callable[[Any, str], Mapping[str, Value]]
    locate: Callable[[Place], Location]
    driver: str
    platform: str | None = None
    engine: Engine | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    sdks: Mapping[str, str] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    granted: Callable[[Any], Mapping[str, Answer]] = field(default=lambda _settings: {})

    def __post_init__(self) -> None:
        if missing := [kind for kind in KINDS if kind not in self.kinds]:
            raise UsageError(f"adapter {self.name!r} lowers no {', '.join(missing)}")
        if unknown := [kind for kind in self.kinds if kind not in KINDS]:
            raise UsageError(f"adapter {self.name!r} lowers {unknown[0]!r}, which is no kind",
                             remedy=did_you_mean(unknown[0], KINDS))  # fmt: skip

    def read_settings(self, settings: Mapping[str, Any], environment: str, declared: Environment | None = None) -> Any:
        """Return an environment's validated settings.

        Raises `InvalidProjectError` with all problems, each at its line in the environment `declared`, if it is given.
        """
        try:
            return self.settings.model_validate(dict(settings))
        except ValidationError as error:
            known = list(self.settings.model_fields)
            raise InvalidProjectError(
                (_problem(found, environment, known, declared) for found in error.errors()),
                where=f"adapter {self.name!r}",
            ) from None

    def open_driver(self, record: Mapping[str, Any], place: Place, clock_path: str | None = None) -> Driver:
        """Return the driver of an applied environment; `clock_path` is the file of a replay clock, if one is used."""
        return cast("Driver", _load(self.driver)(record, place.state, clock_path))

    def open_platform(self, place: Place) -> Platform | None:
        """Return what applies assemblies on this platform, or None where an engine does."""
        return cast("Platform", _load(self.platform)(place.folder, place.environment)) if self.platform else None

    def open_maker(self, configuration: Mapping[str, Any]) -> Maker:
        """Return what makes the adapter's own resources for an engine. Raises `UsageError` where nothing does."""
        if self.engine is None or self.engine.maker is None:
            raise UsageError(f"adapter {self.name!r} makes nothing by itself",
                             remedy="install the provider of its platform")  # fmt: skip
        return cast("Maker", _load(self.engine.maker)(configuration))


def _problem(found: Any, environment: str, known: list[str], declared: Environment | None) -> Problem:
    inner = ".".join(["settings", *(str(part) for part in found["loc"])])
    path = f"environments.{environment}.{inner}"
    hint = did_you_mean(str(found["loc"][-1]), known) if found["type"] == "extra_forbidden" else ""
    message = "is not a setting" if found["type"] == "extra_forbidden" else str(found["msg"])
    problem = Problem(path, message, hint)
    return within(declared, problem, inner) if declared is not None else problem


def _load(dotted: str) -> Callable[..., Any]:
    module, _, name = dotted.partition(":")
    try:
        loaded: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ModelwrightError(f"{dotted} cannot be loaded: {error}", remedy="install the adapter's extra") from error
    return loaded
