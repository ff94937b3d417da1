"""Projects of so many resources, for `compile`, `validate` and `up`; and the same number of files for terraform."""

from __future__ import annotations

from pathlib import Path

_STORES = """from modelwright import DataStore, Environment, Project

stores = [DataStore(f"lake-{{number:03d}}") for number in range({count})]
project = Project("bench", stores, environments={{"dev": Environment("local")}})
"""
_MIXED = """from modelwright import (
    DataStore, Endpoint, Environment, FeatureStore, FeatureView, Model, ModelRegistry, Project, TrainingJob,
)

resources = []
for number in range({groups}):
    lake = DataStore(f"lake-{{number:03d}}")
    view = FeatureView(
        f"view-{{number:03d}}", entity="key", timestamp="day", source=lake / "rows", features={{"a": "int64"}}
    )
    store = FeatureStore(f"store-{{number:03d}}", store=lake, online=True, views=[view])
    job = TrainingJob(f"job-{{number:03d}}", entrypoint="training.py:train", inputs={{"rows": lake / "rows"}})
    models = ModelRegistry(f"models-{{number:03d}}", models=[Model(f"model-{{number:03d}}", training=job)])
    api = Endpoint(f"api-{{number:03d}}", serves=f"model-{{number:03d}}@champion")
    resources += [lake, store, job, models, api]
project = Project("bench", resources, environments={{"dev": Environment("local")}})
"""
_TERRAFORM = """terraform {{
  required_providers {{
    local = {{ source = "hashicorp/local" }}
  }}
}}

resource "local_file" "lake" {{
  count    = {count}
  filename = "${{path.module}}/made/lake-${{count.index}}.json"
  content  = jsonencode({{ name = "lake-${{count.index}}" }})
}}
"""


def stores(folder: Path, count: int) -> None:
    """Write a project of data stores, the local resource that is most like a file."""
    folder.mkdir(parents=True)
    (folder / "project.py").write_text(_STORES.format(count=count))


def mixed(folder: Path, count: int) -> None:
    """Write a project of five kinds of resources, `count` in all, each group with references among its own."""
    folder.mkdir(parents=True)
    (folder / "project.py").write_text(_MIXED.format(groups=count // 5))
    (folder / "training.py").write_text("def train(context):\n    pass\n")


def files(folder: Path, count: int) -> None:
    """Write a terraform configuration of local files."""
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(_TERRAFORM.format(count=count))
