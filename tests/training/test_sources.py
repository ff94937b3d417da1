from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelwright.errors import UsageError
from modelwright.workload.sources import (
    Surroundings,
    azureml,
    kubernetes,
    overlaid,
    sagemaker,
    surroundings,
    vertex,
)


def test_a_raw_sagemaker_container_is_read_from_its_config_files(tmp_path: Path) -> None:
    config = tmp_path / "input/config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps({"max_iter": "200", "loss": "log", "rate": "0.1"}))
    (config / "inputdataconfig.json").write_text(json.dumps({"flights": {"TrainingInputMode": "File"}}))
    hosts = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2", "algo-3"]}
    (config / "resourceconfig.json").write_text(json.dumps(hosts))

    found = sagemaker({"TRAINING_JOB_ARN": "arn"}, tmp_path)

    assert found.inputs == {"flights": tmp_path / "input/data/flights"}
    assert found.hyperparameters == {"max_iter": 200, "loss": "log", "rate": 0.1}
    assert (found.rank, found.world_size) == (1, 3)
    assert found.model_dir == tmp_path / "model"
    assert found.checkpoint_dir == tmp_path / "checkpoints"


def test_the_variables_of_sagemakers_toolkit_win_over_its_files(tmp_path: Path) -> None:
    env = {
        "SM_CHANNEL_FLIGHTS": "/opt/ml/input/data/flights",
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_HPS": '{"max_iter": 50}',
        "SM_HOSTS": '["algo-1", "algo-2"]',
        "SM_CURRENT_HOST": "algo-1",
    }

    found = sagemaker(env, tmp_path)

    assert found.inputs == {"flights": Path("/opt/ml/input/data/flights")}
    assert found.hyperparameters == {"max_iter": 50}
    assert (found.rank, found.world_size) == (0, 2)


def test_vertex_counts_ranks_over_its_worker_pools_and_mounts_buckets() -> None:
    spec = {
        "cluster": {"workerpool0": ["a:2222"], "workerpool1": ["b:2222", "c:2222"]},
        "task": {"type": "workerpool1", "index": 1},
    }
    env = {"CLUSTER_SPEC": json.dumps(spec), "AIP_MODEL_DIR": "gs://bucket/run/model", "AIP_CHECKPOINT_DIR": "/tmp/c"}

    found = vertex(env)

    assert (found.rank, found.world_size) == (2, 3)
    assert found.model_dir == Path("/gcs/bucket/run/model")
    assert found.checkpoint_dir == Path("/tmp/c")


def test_a_single_vertex_machine_has_rank_zero_of_one() -> None:
    found = vertex({"AIP_MODEL_DIR": "gs://bucket/model"})
    assert (found.rank, found.world_size) == (0, 1)


def test_azure_ml_names_inputs_outputs_and_ranks() -> None:
    env = {
        "AZUREML_RUN_ID": "r",
        "AZURE_ML_INPUT_FLIGHTS": "/mnt/in",
        "AZURE_ML_OUTPUT_MODEL": "/mnt/model",
        "AZURE_ML_OUTPUT_CHECKPOINTS": "/mnt/checkpoints",
        "RANK": "3",
        "WORLD_SIZE": "4",
    }

    found = azureml(env)

    assert found.inputs == {"flights": Path("/mnt/in")}
    assert (found.model_dir, found.checkpoint_dir) == (Path("/mnt/model"), Path("/mnt/checkpoints"))
    assert (found.rank, found.world_size) == (3, 4)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"PET_NNODES": "4", "PET_NODE_RANK": "2"}, (2, 4)),
        ({"JOB_COMPLETION_INDEX": "5", "MODELWRIGHT_NODES": "8"}, (5, 8)),
        ({"PET_NNODES": "2", "PET_NODE_RANK": "1", "RANK": "9", "WORLD_SIZE": "16"}, (9, 16)),
    ],
    ids=["train job", "indexed job", "below torchrun"],
)
def test_kubernetes_ranks(env: dict[str, str], expected: tuple[int, int]) -> None:
    found = kubernetes(env)
    assert (found.rank, found.world_size) == expected


@pytest.mark.parametrize(
    ("env", "platform"),
    [
        ({}, "local"),
        ({"TRAINING_JOB_ARN": "arn:aws:sagemaker:…"}, "sagemaker"),
        ({"CLUSTER_SPEC": "{}"}, "vertex"),
        ({"AZUREML_RUN_ID": "r"}, "azureml"),
        ({"PET_NODE_RANK": "0"}, "kubernetes"),
        ({"JOB_COMPLETION_INDEX": "0"}, "kubernetes"),
    ],
)
def test_each_platform_is_known_by_its_variables(env: dict[str, str], platform: str) -> None:
    assert surroundings(env).platform == platform


def test_a_variable_that_is_no_number_or_no_json_is_named() -> None:
    with pytest.raises(UsageError, match="PET_NODE_RANK"):
        kubernetes({"PET_NODE_RANK": "first"})
    with pytest.raises(UsageError, match="CLUSTER_SPEC"):
        vertex({"CLUSTER_SPEC": "{"})


def test_what_the_platform_leaves_out_stays_as_configured() -> None:
    base = Surroundings("local", inputs={"a": Path("/a"), "b": Path("/b")}, checkpoint_dir=Path("/c"))
    found = Surroundings("sagemaker", inputs={"a": Path("/opt/a")}, model_dir=Path("/m"), rank=1, world_size=2)

    merged = overlaid(base, found)

    assert merged.inputs == {"a": Path("/opt/a"), "b": Path("/b")}
    assert (merged.model_dir, merged.checkpoint_dir) == (Path("/m"), Path("/c"))
    assert (merged.platform, merged.rank, merged.world_size) == ("sagemaker", 1, 2)
