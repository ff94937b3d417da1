"""The JSON Schema of a project's document, with what every field means and how it is written."""

from __future__ import annotations

from typing import Any

from modelwright.spec.cluster import Cluster
from modelwright.spec.data_store import DataStore
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.feature_store import FeatureStore
from modelwright.spec.model_registry import ModelRegistry
from modelwright.spec.monitor import Monitor
from modelwright.spec.project import Project
from modelwright.spec.training import TrainingJob

KINDS = (DataStore, FeatureStore, Cluster, TrainingJob, ModelRegistry, Endpoint, Monitor)
"""The kinds that stand in a project's list."""


def project_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `project.for_environment(…).document()`.

    `written` shows how a user spells a value where the document holds another form, such as seconds for `"10m"`.
    """
    whole = Project.model_json_schema()
    definitions = dict(sorted(whole["$defs"].items()))
    fields = whole["properties"]
    resource = {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in KINDS]}
    properties = {
        "kind": {"const": Project.KIND},
        "name": fields["name"],
        "environment": {"$ref": "#/$defs/Environment", "description": "The environment, with its name."},
        "image": {"$ref": "#/$defs/Image"},
        "budget": {"anyOf": [{"$ref": "#/$defs/Budget"}, {"type": "null"}]},
        "labels": fields["labels"],
        "resources": {"type": "object", "description": "The resources by name.", "additionalProperties": resource},
    }
    definitions["Environment"]["properties"]["name"] = {"type": "string", "description": "The environment's name."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:modelwright:project:1",
        "title": "modelwright project",
        "description": "A project as one environment sees it.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": definitions,
    }
