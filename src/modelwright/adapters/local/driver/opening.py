"""Opens the local driver from a platform record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.alerts import Outbox
from modelwright.clock import FileClock, SystemClock
from modelwright.contract.driver import Driver, Online
from modelwright.errors import NotFoundError, did_you_mean
from modelwright.store import open_store


def open_driver(record: Mapping[str, Any], state_dir: Path, clock_path: Path | str | None = None) -> Driver:
    """Return the driver of the environment whose record and state folder are given."""
    from modelwright.adapters.local.driver.jobs import LocalJobs
    from modelwright.adapters.local.driver.measures import LocalMeasures
    from modelwright.adapters.local.driver.serving import LocalServing

    state = Path(state_dir)
    replayed = Path(clock_path) if clock_path else None
    clock = FileClock(replayed) if replayed else SystemClock()
    return Driver(
        store=open_store(record["outputs"]["foundation"]["control"]),
        jobs=LocalJobs(state, replayed),
        serving=LocalServing(state, replayed),
        measures=LocalMeasures(state, replayed),
        online=lambda store: _online(record, store),
        notify=Outbox(state, clock).notify,
    )


def _online(record: Mapping[str, Any], store: str) -> Online:
    from modelwright.adapters.local.driver.online import LocalOnline

    stores = {name: found["online"] for name, found in record["outputs"].items() if found.get("online")}
    if store not in stores:
        raise NotFoundError(f"there is no online feature store {store!r}", remedy=did_you_mean(store, stores))
    requests = (request for request in record["requests"] if request["purpose"] == "materialise")
    views = [request["body"]["config"]["view"] for request in requests]
    return LocalOnline(Path(stores[store]["path"]), [view for view in views if view["store"] == store])
