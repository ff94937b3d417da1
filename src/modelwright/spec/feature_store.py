"""Features: tables of facts about entities, read as known at a time when training and at once when serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

from modelwright.errors import Problem, did_you_mean
from modelwright.spec.base import Named, Resource
from modelwright.spec.cron import Cron
from modelwright.spec.data_store import DataStore
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.field import Many, Table, Takes, option
from modelwright.spec.names import Column, Columns, Timezone
from modelwright.spec.problems import complain, loading
from modelwright.spec.reference import DataPath, Refers, ResourceReference, ViewReference

FeatureType = Literal["float64", "float32", "int64", "int32", "string", "bool", "timestamp"]


class FeatureView(Named):
    """Features of one entity, with the time of each row and when it became known."""

    KIND = "feature_view"

    entity: Columns = option("The column or columns that name an entity.")
    timestamp: Column = option("The column with the time that a row speaks of.")
    created: Column = option("The column with the time at which a row became known.", default="created_time")
    source: Takes[DataPath | DataStore | str, DataPath] = option("Where the project's own code writes the rows.")
    ttl: Takes[str | Duration | None, Lasting | None] = option("How long a row is of use; None for ever.", default=None)
    refresh: Takes[str | Cron | None, Cron | None] = option("When to materialise; None only on request.", default=None)
    timezone: Timezone = option("The time zone that `refresh` is read in.", default="UTC")
    features: Table[Column, FeatureType] = option("The feature columns and their types.", min_length=1)
    online: bool | None = option("Whether to serve it online; None does as its store does.", default=None)

    def flaws(self) -> Iterator[Problem]:
        """Yield columns that have two meanings."""
        columns = [*self.entity, self.timestamp, self.created, *self.features]
        for name, count in Counter(columns).items():
            if count > 1:
                yield Problem(
                    "", f"column {name!r} is used {count} times among entity, timestamp, created and features"
                )


class FeatureStore(Resource):
    """Feature views with one offline and, if asked for, one online store. `features["carrier"]` refers to a view."""

    KIND = "feature_store"

    store: Takes[DataStore | str, Annotated[ResourceReference, Refers("data_store")]] = option(
        "The data store that holds the offline features."
    )
    online: bool = option("Serve the latest features by key.", default=False)
    views: Many[FeatureView] = option("The feature views.", default=())

    def view(self, name: str) -> FeatureView | None:
        """Return the view of a name, if there is one."""
        return next((view for view in self.views if view.name == name), None)

    def is_online(self, view: FeatureView) -> bool:
        """Return whether a view is served online."""
        return self.online if view.online is None else view.online

    def __getitem__(self, name: str) -> ViewReference:
        # While a project file is loaded, the check of all references reports this with its path.
        if self.view(name) is None and not loading():
            names = [view.name for view in self.views]
            complain(
                self, Problem(f"{self.name}[{name!r}]", f"{self.name} has no view {name!r}", did_you_mean(name, names))
            )
        return ViewReference(self.name, name, self)

    def flaws(self) -> Iterator[Problem]:
        """Yield views of the same name."""
        for name, count in Counter(view.name for view in self.views).items():
            if count > 1:
                yield Problem("views", f"{count} views are called {name!r}")

    def relies_on(self) -> frozenset[str]:
        """Return the features that this store relies on."""
        found = {"feature_store.offline"}
        if any(self.is_online(view) for view in self.views) or self.online:
            found.add("feature_store.online")
        if any(view.refresh for view in self.views):
            found.add("feature_store.refresh")
        if any(view.ttl for view in self.views):
            found.add("feature_store.ttl")
        return super().relies_on() | found
