"""What every assembly must be: whole, of the agreed types, fillable, free of secrets, and the same when read back."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.request import Request
from modelwright.assembly.value import Node, Slot, evaluate, fill
from modelwright.compiler import lower
from modelwright.contract.duty import duties
from modelwright.contract.outputs import (
    ClusterOutputs,
    DataStoreOutputs,
    EndpointOutputs,
    FeatureStoreOutputs,
    FoundationOutputs,
    ModelRegistryOutputs,
    MonitorOutputs,
    Outputs,
    TrainingOutputs,
)
from modelwright.contract.place import Place
from modelwright.errors import InvalidProjectError, UsageError
from modelwright.spec.project import Project
from modelwright.testing.check import Check, ConformanceError, listed, require
from modelwright.testing.corpus import corpus
from modelwright.testing.corpus.edit import ENVIRONMENT, NAME
from modelwright.testing.corpus.learning import SUBNET, TOKEN
from modelwright.testing.planted import planted
from modelwright.testing.subject import Subject

OUTPUTS: dict[str, type[Outputs]] = {
    "foundation": FoundationOutputs,
    "data_store": DataStoreOutputs,
    "feature_store": FeatureStoreOutputs,
    "cluster": ClusterOutputs,
    "training": TrainingOutputs,
    "model_registry": ModelRegistryOutputs,
    "endpoint": EndpointOutputs,
    "monitor": MonitorOutputs,
}
_TIMED = {"at", "now", "run"}
_VERSION = {"model_uri", "version", "release"}
SLOTS: dict[str, set[str]] = {
    "train": {"run", "hyperparameters", "at"},
    "tune": {"run", "hyperparameters", "at"},
    "evaluate": {"evaluation", "candidates", "since", "until", "at"},
    "serve": {*_VERSION, "variant", "fallback"},
    "monitor": {*_TIMED, "releases"},
    "materialise": _TIMED,
    "batch": {*_TIMED, *_VERSION, "variant", "fallback"},
    "batch of a model": {*_VERSION, "source", "to", "at"},
}
"""What lifecycle and client fill, by the purpose of the request; those that are not here are filled by the driver."""


def checks(subject: Subject) -> Iterator[Check]:
    """Yield them."""
    asked: dict[str, Callable[[Subject], None]] = {
        "outputs[types]": _outputs,
        "identities[every duty]": _identities,
        "requests[slots]": _slots,
        "assembly[read back]": _read_back,
        "scope[located]": _located,
        "settings[unknown]": _settings,
        "secrets[by name]": _by_name,
        "secrets[content]": _content,
    }
    for name, ask in asked.items():
        yield Check(name, lambda ask=ask: ask(subject))  # type: ignore[misc]  # binds the loop's value


def samples(subject: Subject) -> Iterator[Project]:
    """Yield projects of the corpus that together rely on everything that the adapter supports."""
    covered: set[str] = set()
    for seen in map(subject.survey, corpus()):
        if seen.supported and not seen.after.features <= covered:
            covered |= seen.after.features
            yield seen.after.project


def assemblies(subject: Subject) -> Iterator[Assembly]:
    """Yield the assembly of each sample."""
    return map(subject.compile, samples(subject))


def _outputs(subject: Subject) -> None:
    for project in samples(subject):
        resolved = project.for_environment(ENVIRONMENT)
        lowered = lower(resolved, subject.adapter, subject.read)
        kinds = {"foundation": "foundation", **{item.name: item.KIND for item in resolved.resources}}
        for name, found in lowered.outputs.items():
            wanted = OUTPUTS[kinds[name]]
            require(
                isinstance(found, wanted),
                f"adapter {subject.name!r}: lowering the {kinds[name]} {name!r} returned a {type(found).__name__}, "
                f"not {wanted.__name__}",
            )


def _identities(subject: Subject) -> None:
    for project in samples(subject):
        made = subject.compile(project)
        wanted = [duty.name for duty in duties(project.for_environment(ENVIRONMENT))]
        missing = [name for name in wanted if made.identities.get(name) in {None, ""}]
        require(not missing, f"adapter {subject.name!r}: nobody is named for the duty {listed(missing)}")


def _slots(subject: Subject) -> None:
    for made in assemblies(subject):
        for request in made.requests:
            of_model = request.purpose == "batch" and "." in request.name.partition("/")[0]
            purpose = "batch of a model" if of_model else request.purpose
            unknown = sorted(request.slots - SLOTS[purpose]) if purpose in SLOTS else []
            require(
                not unknown,
                f"adapter {subject.name!r}: request {request.name} ({request.operation}) has the slot "
                f"{listed(unknown)}, which nothing fills for the purpose {purpose!r}; "
                f"filled are: {listed(sorted(SLOTS.get(purpose, ())), most=20)}",
            )
            _fill(subject, request)
            _configured(subject, request)


def _fill(subject: Subject, request: Request) -> None:
    body = evaluate(request.body, _resolved)
    try:
        json.dumps(fill(body, dict.fromkeys(request.slots, 1)))
    except (UsageError, TypeError) as error:
        raise ConformanceError(f"adapter {subject.name!r}: request {request.name} cannot be filled: {error}") from error


def _configured(subject: Subject, request: Request) -> None:
    """What a version is served with stands in `config`: lifecycle reads it again for batches and rollbacks."""
    config = request.body.get("config") if request.purpose == "serve" and request.name.endswith("/serve") else {}
    require(
        isinstance(config, Mapping) and (not config or config.get("schema") == "modelwright.serve/1"),
        f"adapter {subject.name!r}: request {request.name} has no scope.serving_config(…) under 'config'",
    )


def _resolved(node: Node) -> Any:
    """Stand in for what a platform would answer; slots and secrets stay."""
    from modelwright.assembly.value import Given, Lookup, Ref

    return f"<{node}>" if isinstance(node, Ref | Lookup | Given) and not isinstance(node, Slot) else node


def _read_back(subject: Subject) -> None:
    for made in assemblies(subject):
        read = Assembly.from_json(json.loads(json.dumps(made.to_json())))
        require(read.digest == made.digest, f"adapter {subject.name!r}: an assembly is another when read from its JSON")


def _located(subject: Subject) -> None:
    place = Place(NAME, ENVIRONMENT, Path("somewhere"), subject.read)
    scope = set(subject.adapter.scope(subject.read, ENVIRONMENT))
    found = set(subject.adapter.locate(place).scope)
    require(
        scope == found and bool(scope),
        f"adapter {subject.name!r}: `scope` names {listed(sorted(scope))} and `locate` {listed(sorted(found))}; they "
        "must name the same, or an apply against the wrong account is not noticed",
    )


def _settings(subject: Subject) -> None:
    known = list(subject.adapter.settings.model_fields)
    wrong = f"{known[0]}x" if known else "no-such-setting"
    try:
        subject.adapter.read_settings({**subject.settings, wrong: 1}, ENVIRONMENT)
    except InvalidProjectError as error:
        text = str(error)
        named = any(problem.path.endswith(f".{wrong}") for problem in error.problems)
        require(named, f"adapter {subject.name!r}: the refusal of setting {wrong!r} does not name it: {text}")
        near = not known or known[0] in text
        require(near, f"adapter {subject.name!r}: the refusal of setting {wrong!r} does not name the nearest: {text}")
    else:
        raise ConformanceError(
            f"adapter {subject.name!r}: the unknown setting {wrong!r} is accepted; give the settings model "
            "ConfigDict(extra='forbid')"
        )


def _by_name(subject: Subject) -> None:
    """Secrets and given values must reach a process as nodes; as text they would be their own names."""
    for seen in map(subject.survey, corpus()):
        if not seen.supported or seen.edit.field != "env":
            continue
        wanted = {"$secret": TOKEN} if TOKEN in str(seen.edit.after) else {"$given": SUBNET}
        if not {TOKEN, SUBNET} & set(_names(seen.edit.after)):
            continue
        document = subject.compile(seen.after.project).to_json()
        made = json.dumps([document["resources"], document["requests"]])
        require(
            json.dumps(wanted) in made,
            f"adapter {subject.name!r}: after {seen.edit} no resource or request holds {wanted}; use scope.env(…), or "
            "SecretRef and Given",
        )


def _names(fields: Any) -> Iterator[str]:
    for value in fields.get("env", {}).values():
        yield str(getattr(value, "name", getattr(value, "path", "")))


def _content(subject: Subject) -> None:
    with planted(TOKEN) as secret:
        raw = secret.encode()
        forms = {secret, base64.b64encode(raw).decode().rstrip("="), quote(secret, safe=""), raw.hex()}
        for made in assemblies(subject):
            text = json.dumps(made.to_json())
            found = [form for form in forms if form in text]
            require(not found, f"adapter {subject.name!r}: the content of the secret {TOKEN!r} stands in an assembly")
