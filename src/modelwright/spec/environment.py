"""Environments: on which adapter a project stands, with what settings, and what differs there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from modelwright.spec.base import Spec
from modelwright.spec.field import Json, OneOf, Table, Takes, option
from modelwright.spec.frozen import freeze
from modelwright.spec.reference import Given, Secret

if TYPE_CHECKING:
    Overrides = Takes[Mapping[str, Mapping[str, Any]], Mapping[str, Mapping[str, Any]]]
else:
    Overrides = Annotated[Table[str, dict[str, Any]], AfterValidator(freeze)]


class Environment(Spec):
    """One place where the project stands: dev, staging, prod."""

    KIND = "environment"

    adapter: str = option(
        "The adapter's name, such as local or kubernetes.", kw_only=False, pattern=r"^[a-z][a-z0-9_-]{0,62}$"
    )
    settings: Table[str, Json] = option("What the adapter needs to know, such as the account it works in.", default={})
    overrides: Overrides = option("Fields of resources that differ here, by the resource's name.", default={})
    protect: bool = option("Refuse to delete or replace what stands here.", default=False)
    private: bool = option("No public addresses: everything in a private network.", default=False)
    encryption_key: Annotated[str | Secret | Given | None, OneOf()] = option(
        "The customer's own key; None takes the platform's.", default=None
    )
    location: str | None = option("Where data must stay.", default=None, min_length=1)

    def document(self) -> dict[str, Any]:
        """Return the environment as JSON, without `overrides`: the resources' documents have them applied."""
        return {name: value for name, value in super().document().items() if name != "overrides"}

    @classmethod
    def describe(cls, schema: dict[str, Any]) -> None:
        """Describe `document`."""
        super().describe(schema)
        del schema["properties"]["overrides"]
        schema["required"].remove("overrides")

    def relies_on(self) -> frozenset[str]:
        """Return the features that this environment relies on."""
        names = ("protect", "private", "encryption_key", "location")
        return frozenset(f"environment.{name}" for name in names if getattr(self, name))
