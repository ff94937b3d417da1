"""Where training finds its inputs, folders, hyperparameters and rank: one reader for each platform's environment.

Each reader is a function of an environment and returns what that platform says, so that training code never asks which
platform it runs on. What a platform leaves out, the training config fills in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelwright.errors import UsageError

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a platform says of one training process; None and empty mean that it says nothing."""

    platform: str
    inputs: Mapping[str, Path] = field(default_factory=dict)
    model_dir: Path | None = None
    checkpoint_dir: Path | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    rank: int = 0
    world_size: int = 1


def sagemaker(env: Environment, root: Path = Path("/opt/ml")) -> Surroundings:
    """Read SageMaker's `/opt/ml` and, where its training toolkit runs, `SM_*`.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    """
    channels = _document(root / "input/config/inputdataconfig.json")
    named = {name.lower(): Path(path) for name, path in _prefixed(env, "SM_CHANNEL_").items()}
    resources = _document(root / "input/config/resourceconfig.json")
    hosts = _json(env, "SM_HOSTS", resources.get("hosts") or ["algo-1"])
    current = env.get("SM_CURRENT_HOST") or resources.get("current_host") or hosts[0]
    written = _document(root / "input/config/hyperparameters.json")
    return Surroundings(
        platform="sagemaker",
        inputs={name: root / "input/data" / name for name in channels} | named,
        model_dir=Path(env.get("SM_MODEL_DIR") or root / "model"),
        checkpoint_dir=root / "checkpoints",
        hyperparameters=_json(env, "SM_HPS", {name: _typed(value) for name, value in written.items()}),
        rank=sorted(hosts).index(current),
        world_size=len(hosts),
    )


def vertex(env: Environment, mount: Path = Path("/gcs")) -> Surroundings:
    """Read Vertex AI's `AIP_*` and `CLUSTER_SPEC`; `gs://` addresses become paths below the bucket mount.

    https://cloud.google.com/vertex-ai/docs/training/distributed-training#cluster-variables
    """
    spec = _json(env, "CLUSTER_SPEC", {})
    pools = {name: len(hosts) for name, hosts in sorted(spec.get("cluster", {}).items())}
    task = spec.get("task", {})
    before = sum(size for name, size in pools.items() if name < task.get("type", ""))
    return Surroundings(
        platform="vertex",
        model_dir=_mounted(env.get("AIP_MODEL_DIR"), mount),
        checkpoint_dir=_mounted(env.get("AIP_CHECKPOINT_DIR"), mount),
        rank=before + int(task.get("index", 0)),
        world_size=max(sum(pools.values()), 1),
    )


def azureml(env: Environment) -> Surroundings:
    """Read Azure ML's `AZURE_ML_INPUT_*`, `AZURE_ML_OUTPUT_*` and the ranks that its distributions set.

    https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu
    """
    outputs = {name.lower(): Path(path) for name, path in _prefixed(env, "AZURE_ML_OUTPUT_").items()}
    return Surroundings(
        platform="azureml",
        inputs={name.lower(): Path(path) for name, path in _prefixed(env, "AZURE_ML_INPUT_").items()},
        model_dir=outputs.get("model"),
        checkpoint_dir=outputs.get("checkpoints"),
        rank=_integer(env, "RANK", "OMPI_COMM_WORLD_RANK", default=0),
        world_size=_integer(env, "WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "AZUREML_NODE_COUNT", default=1),
    )


def kubernetes(env: Environment) -> Surroundings:
    """Read what a Kubeflow TrainJob (`PET_*`) or an indexed Job (`JOB_COMPLETION_INDEX`) tells its pods.

    Below a launcher such as torchrun, which sets `RANK` and `WORLD_SIZE`, those hold: they count processes, not pods.
    https://www.kubeflow.org/docs/components/trainer/ · https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
    """
    return Surroundings(
        platform="kubernetes",
        rank=_integer(env, "RANK", "PET_NODE_RANK", "JOB_COMPLETION_INDEX", default=0),
        world_size=_integer(env, "WORLD_SIZE", "PET_NNODES", "MODELWRIGHT_NODES", default=1),
    )


def local(_env: Environment) -> Surroundings:
    """Return nothing: on this machine the training config says it all."""
    return Surroundings(platform="local")


_MARKS: tuple[tuple[tuple[str, ...], Callable[[Environment], Surroundings]], ...] = (
    (("SM_MODEL_DIR", "SM_CURRENT_HOST", "TRAINING_JOB_ARN"), sagemaker),
    (("CLUSTER_SPEC", "AIP_MODEL_DIR", "AIP_CHECKPOINT_DIR"), vertex),
    (("AZUREML_RUN_ID", "AZUREML_ROOT_RUN_ID"), azureml),
    (("PET_NNODES", "PET_NODE_RANK", "JOB_COMPLETION_INDEX"), kubernetes),
)


def surroundings(env: Environment) -> Surroundings:
    """Return what the platform that set this environment says; the first whose variables are there is believed."""
    for names, read in _MARKS:
        if any(name in env for name in names):
            return read(env)
    return local(env)


def overlaid(base: Surroundings, found: Surroundings) -> Surroundings:
    """Return the config's values with those of the platform over them."""
    return replace(
        found,
        inputs={**base.inputs, **found.inputs},
        model_dir=found.model_dir or base.model_dir,
        checkpoint_dir=found.checkpoint_dir or base.checkpoint_dir,
        hyperparameters={**base.hyperparameters, **found.hyperparameters},
    )


def _prefixed(env: Environment, prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in env.items() if name.startswith(prefix)}


def _document(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def _json(env: Environment, name: str, default: Any) -> Any:
    text = env.get(name)
    if not text:
        return default
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"the environment variable {name} is not JSON: {text[:80]!r}") from error


def _typed(value: str) -> Any:
    """Return a hyperparameter as it was before SageMaker made a string of it."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _integer(env: Environment, *names: str, default: int) -> int:
    for name in names:
        if env.get(name):
            try:
                return int(env[name])
            except ValueError as error:
                raise UsageError(f"the environment variable {name} is {env[name]!r}, not a number") from error
    return default


def _mounted(uri: str | None, mount: Path) -> Path | None:
    if not uri:
        return None
    parts = urlsplit(uri)
    return mount / parts.netloc / parts.path.lstrip("/") if parts.scheme == "gs" else Path(uri)
