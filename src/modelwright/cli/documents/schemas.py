"""The JSON Schema of every verb's document: `modelwright schema --of status`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, TypeAdapter, create_model

from modelwright.cli.documents.adapted import ADAPTED
from modelwright.cli.documents.declared import DECLARED
from modelwright.cli.documents.inside import INSIDE
from modelwright.cli.documents.part import Part
from modelwright.cli.documents.released import RELEASED
from modelwright.cli.documents.serving import SERVING
from modelwright.errors import NotFoundError, did_you_mean

RESULTS: dict[str, Any] = {**DECLARED, **RELEASED, **SERVING, **INSIDE, **ADAPTED}
"""The type of each verb's `result`, by the verb's path."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class ProjectProblem(Part):
    """One thing wrong in a project."""

    path: str
    message: str
    hint: str
    file: str
    line: int | None


class Diagnostic(Part):
    """A warning or an error beside the result."""

    severity: Literal["warning", "error"]
    code: str
    message: str
    where: str
    remedy: str
    problems: list[ProjectProblem] = Field(default=[])


def document_schema(verb: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a verb's document. Raises `NotFoundError` naming the nearest verb."""
    if verb not in RESULTS:
        raise NotFoundError(f"no verb is called {verb!r}", remedy=did_you_mean(verb, RESULTS))
    name = schema_name(verb)
    fields: dict[str, Any] = {
        "format": (Literal[name], Field(alias="schema")),
        "result": (RESULTS[verb] | None, ...),
        "diagnostics": (list[Diagnostic], ...),
    }
    told = f"The document of `modelwright {verb} --json`; `result` is null where the verb failed before it."
    document = create_model("Document", __base__=Part, __doc__=told, **fields)
    return {"$schema": _DIALECT, "$id": f"urn:{name}", **TypeAdapter(document).json_schema(by_alias=True)}


def schema_name(verb: str) -> str:
    """Return the name and number that a verb's document carries."""
    return f"modelwright.cli.{verb.replace(' ', '.')}/1"
