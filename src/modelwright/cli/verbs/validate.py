"""`modelwright validate`: everything that is wrong with a project, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.errors import ModelwrightError, UnknownAdapterError

if TYPE_CHECKING:
    from modelwright.spec.project import Project


@verb("validate", examples=["modelwright validate", "modelwright validate -p flights/project.py -e prod --json"])
def command(session: Session) -> Answer:
    """Check the project file and say everything that is wrong with it.

    Without -e, every environment is checked for which an adapter is installed. Nothing is changed.
    """
    from modelwright.spec.loading import load_project

    project = load_project(session.project)
    names = [session.environment] if session.environment else list(project.environments)
    checked = [name for name in names if _check(session, project, name)]
    resources = len(project.resources)
    result: dict[str, Any] = {"project": project.name, "environments": checked, "resources": resources}
    said = ", ".join(checked) or "no environment"
    return Answer(result, f"{project.name} is valid: {resources} resources, checked for {said}")


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
    except ModelwrightError as error:
        error.where = error.where or f"environment {environment}"
        raise
    else:
        return True
