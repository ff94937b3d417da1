"""What a shared folder can do: an answer for every feature, most of them `todo`."""

from __future__ import annotations

from modelwright.contract.support import Answer, Support, emulated, native, never, todo
from modelwright.spec.feature import FEATURES

_OWN: dict[str, Answer] = {
    "data_store.kind.object": native("spool:Folder"),
    "data_store.existing": native("spool.Submit#body.config.inputs"),
    "data_store.kind.stream": never("files do not flow", instead="files in a store of objects"),
    "resource.protect": native("spool:Folder#protect"),
    "environment.protect": native("spool:Folder#protect"),
    "training": native("spool.Submit"),
    "training.checkpoint": native("spool.Submit#body.config.checkpoint"),
    "training.retries": native("spool.Submit#body.retries"),
    "training.tuning": native("spool.Submit#body.config.tuning"),
    "training.unsafe_formats": native("spool.Submit#body.config.allow_formats"),
    "cluster.queue": emulated("a job waits in the folder until a worker takes it"),
}

SUPPORT = Support({**dict.fromkeys(FEATURES, todo("nobody has needed it yet")), **_OWN}, features=FEATURES)
