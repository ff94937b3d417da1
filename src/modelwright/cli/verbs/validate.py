"""`modelwright validate`: everything that is wrong with a project, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.errors import InvalidProjectError, ModelwrightError, UnknownAdapterError, UnknownEnvironmentError

if TYPE_CHECKING:
    from modelwright.assembly.assembly import Assembly
    from modelwright.spec.project import Project


@verb("validate", examples=["modelwright validate", "modelwright validate -p flights/project.py -e prod --json"])
def command(session: Session) -> Answer:
    """Check the project file and say everything that is wrong with it, also in the training code that it names.

    The training code is read and never run. Without -e, every environment is checked for which an adapter is
    installed. Resources of cloud providers are held against the provider's Pulumi SDK where that is installed; it is
    read and never imported. Nothing is changed.
    """
    from modelwright.spec.loading import load_project

    project = load_project(session.project)
    refuse_missing_code(session, project)
    names = [session.environment] if session.environment else list(project.environments)
    compiled = {name: made for name in names if (made := _compile(session, project, name))}
    schema = _held_against_sdks(session, compiled)
    resources = len(project.resources)
    result: dict[str, Any] = {"project": project.name, "environments": [*compiled], "resources": resources, **schema}
    said = ", ".join(compiled) or "no environment"
    held = f"; {schema['schema_checked']} held against their provider's schema" if schema["schema_checked"] else ""
    return Answer(result, f"{project.name} is valid: {resources} resources, checked for {said}{held}")


def refuse_missing_code(session: Session, project: Project) -> None:
    """Raise `InvalidProjectError` for training jobs whose function is not there; their code is read and not run."""
    from modelwright.spec.entrypoints import entrypoint_problems
    from modelwright.spec.loading import project_file
    from modelwright.spec.training import TrainingJob

    jobs = [resource for resource in project.resources if isinstance(resource, TrainingJob)]
    problems = list(entrypoint_problems(jobs, project_file(session.project).parent))
    if problems:
        raise InvalidProjectError(problems)


def _held_against_sdks(session: Session, compiled: Mapping[str, Assembly]) -> dict[str, Any]:
    """Raise `WrongResourceError` for what providers refuse; warn once per SDK that is not installed."""
    from modelwright.contract.discovery import find_adapter
    from modelwright.contract.schema import examine, refuse_wrong

    checked = 0
    missing: Counter[str] = Counter()
    for name, assembly in compiled.items():
        examined = examine(assembly.resources, find_adapter(assembly.adapter).sdks)
        refuse_wrong(examined, assembly.adapter, f"environment {name}")
        for finding in examined.doubtful:
            session.warn(f"environment {name}: {finding}", remedy="the provider may know values that its SDK does not")
        checked += examined.checked
        missing.update({absent.distribution: absent.resources for absent in examined.absent})
    for sdk, count in missing.items():
        session.warn(f"{count} resources were not held against their provider's schema: {sdk} is not installed",
                     remedy=f"pip install {sdk}")  # fmt: skip
    listed = [{"sdk": sdk, "resources": count} for sdk, count in missing.items()]
    return {"schema_checked": checked, "schema_missing": listed}


def _compile(session: Session, project: Project, environment: str) -> Assembly | None:
    """Compile for one environment; return None, and warn, where its adapter is not installed.

    That adapter is an error where the environment was asked for.
    """
    from modelwright.compiler import compile_project

    try:
        return compile_project(project, environment)
    except UnknownAdapterError as error:
        if session.environment:
            raise
        session.warn(f"environment {environment} was not checked: {error.message}", remedy=error.remedy)
        return None
    except UnknownEnvironmentError:
        raise
    except ModelwrightError as error:
        error.where = error.where or f"environment {environment}"
        raise
