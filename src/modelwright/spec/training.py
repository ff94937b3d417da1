"""Training jobs: which code learns from which data, on which machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from modelwright.errors import Problem
from modelwright.spec.base import Resource
from modelwright.spec.cluster import Cluster
from modelwright.spec.data_store import DataStore
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.field import Json, Many, Table, Takes, option
from modelwright.spec.image import Image, Variables
from modelwright.spec.names import Entrypoint
from modelwright.spec.reference import DataPath, Refers, ResourceReference, Secret, ViewReference
from modelwright.spec.tuning import Tuning

if TYPE_CHECKING:
    Inputs = Takes[Mapping[str, DataPath | DataStore | str] | Mapping[str, DataPath], Mapping[str, DataPath]]
else:
    Inputs = Table[str, DataPath]


class TrainingJob(Resource):
    """A function of the user's that trains a model; each execution of it is a run."""

    KIND = "training"

    entrypoint: Entrypoint = option("The function to call, as file.py:function.")
    cluster: Takes[Cluster | str | None, Annotated[ResourceReference, Refers("cluster")] | None] = option(
        "Where to run; None takes a small machine of the platform's choice.", default=None
    )
    inputs: Inputs = option("Data by name, as the code finds it in `context.inputs`.", default={})
    features: Takes[Sequence[ViewReference | str], tuple[ViewReference, ...]] = option(
        "Feature views that it joins.", default=()
    )
    hyperparameters: Table[str, Json] = option("Arguments for the model, recorded with every run.", default={})
    tuning: Tuning | None = option("A search over hyperparameters.", default=None)
    timeout: Takes[str | Duration, Lasting] = option("Stop a run after so long.", default="24h")
    retries: int = option("How often to try again after a failure.", default=0, ge=0, le=20)
    checkpoint: Takes[str | Duration | None, Lasting | None] = option(
        "Save checkpoints this often, and resume from them.", default=None
    )
    nodes: int = option("Machines of one run.", default=1, ge=1, le=10_000)
    processes: int = option("Processes on each machine.", default=1, ge=1, le=64)
    env: Variables = option("Environment variables.", default={})
    image: Image | None = option("The image; None takes the project's.", default=None)
    seed: int = option("The seed of everything random.", default=0, ge=0, lt=2**32)
    allow_formats: Many[Literal["callable", "pickle"]] = option(
        "Model formats that execute code from their files when loaded, allowed by name.", default=()
    )

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that do not go together."""
        for view, count in Counter(self.features).items():
            if count > 1:
                yield Problem("features", f"{view!r} is named {count} times")
        if self.nodes > 1 and self.cluster is None:
            yield Problem("cluster", f"{self.nodes} nodes need a cluster")
        if self.checkpoint and self.checkpoint.seconds > self.timeout.seconds:
            yield Problem("checkpoint", f"a checkpoint every {self.checkpoint} comes never within {self.timeout}")
        for name, value in self.hyperparameters.items():
            if isinstance(value, Secret):
                hint = 'give it to the code in its environment: env={"API_KEY": Secret("its-name")}'
                yield Problem(f"hyperparameters.{name}", "is recorded with every run: no secrets here", hint)

    def relies_on(self) -> frozenset[str]:
        """Return the features that this job relies on."""
        wanted: dict[str, Any] = {
            "training": True,
            "training.features": self.features,
            "training.tuning": self.tuning,
            "training.tuning.parallel": self.tuning and self.tuning.parallel > 1,
            "training.retries": self.retries,
            "training.checkpoint": self.checkpoint,
            "training.distributed": self.nodes > 1,
            "training.processes": self.processes > 1,
            "training.image": self.image,
            "training.secrets": any(isinstance(value, Secret) for value in self.env.values()),
            "training.unsafe_formats": self.allow_formats,
        }
        own = self.image.relies_on() if self.image else frozenset()
        return super().relies_on() | own | {name for name, value in wanted.items() if value}
