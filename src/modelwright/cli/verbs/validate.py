"""`modelwright validate`: everything that is wrong with a project, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.errors import InvalidProjectError, ModelwrightError, UnknownAdapterError, UnknownEnvironmentError

if TYPE_CHECKING:
    from modelwright.spec.project import Project


@verb("validate", examples=["modelwright validate", "modelwright validate -p flights/project.py -e prod --json"])
def command(session: Session) -> Answer:
    """Check the project file and say everything that is wrong with it, also in the training code that it names.

    The training code is read and never run. Without -e, every environment is checked for which an adapter is
    installed. Nothing is changed.
    """
    from modelwright.spec.loading import load_project

    project = load_project(session.project)
    refuse_missing_code(session, project)
    names = [session.environment] if session.environment else list(project.environments)
    checked = [name for name in names if _check(session, project, name)]
    resources = len(project.resources)
    result: dict[str, Any] = {"project": project.name, "environments": checked, "resources": resources}
    said = ", ".join(checked) or "no environment"
    return Answer(result, f"{project.name} is valid: {resources} resources, checked for {said}")


def refuse_missing_code(session: Session, project: Project) -> None:
    """Raise `InvalidProjectError` for training jobs whose function is not there; their code is read and not run."""
    from modelwright.spec.entrypoints import entrypoint_problems
    from modelwright.spec.loading import project_file
    from modelwright.spec.training import TrainingJob

    jobs = [resource for resource in project.resources if isinstance(resource, TrainingJob)]
    problems = list(entrypoint_problems(jobs, project_file(session.project).parent))
    if problems:
        raise InvalidProjectError(problems)


def _check(session: Session, project: Project, environment: str) -> bool:
    """Compile for one environment and return True; False, and a warning, where its adapter is not installed.

    That adapter is an error where the environment was asked for.
    """
    from modelwright.compiler import compile_project

    try:
        compile_project(project, environment)
    except UnknownAdapterError as error:
        if session.environment:
            raise
        session.warn(f"environment {environment} was not checked: {error.message}", remedy=error.remedy)
        return False
    except UnknownEnvironmentError:
        raise
    except ModelwrightError as error:
        error.where = error.where or f"environment {environment}"
        raise
    else:
        return True
