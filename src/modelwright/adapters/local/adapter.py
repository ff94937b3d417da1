"""The local adapter: this machine, with nothing but Python."""

from __future__ import annotations

from modelwright.adapters.local import (
    cluster,
    data_store,
    endpoint,
    feature_store,
    foundation,
    identity,
    model_registry,
    monitor,
    schedule,
    training,
)
from modelwright.adapters.local.engine import ENGINE
from modelwright.adapters.local.settings import LocalSettings, locate, scope
from modelwright.adapters.local.support import SUPPORT, granted
from modelwright.contract.adapter import Adapter

ADAPTER = Adapter(
    name="local",
    settings=LocalSettings,
    support=SUPPORT,
    granted=granted,
    limits={"name": 20},
    kinds={
        "foundation": foundation.lower,
        "identity": identity.lower,
        "schedule": schedule.lower,
        "data_store": data_store.lower,
        "feature_store": feature_store.lower,
        "cluster": cluster.lower,
        "training": training.lower,
        "model_registry": model_registry.lower,
        "endpoint": endpoint.lower,
        "monitor": monitor.lower,
    },
    scope=scope,
    locate=locate,
    driver="modelwright.adapters.local.driver.opening:open_driver",
    platform="modelwright.adapters.local.driver.platform:LocalPlatform",
    engine=ENGINE,
)
