"""`modelwright doctor`: check this machine, the installation, the project and the environment's state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from modelwright.cli.answer import Answer
from modelwright.cli.checkup import Finding, machine, state_folder, store
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb
from modelwright.errors import ModelwrightError


@verb("doctor", examples=["modelwright doctor", "modelwright doctor -e prod --json"])
def command(session: Session) -> Answer:
    """Check this machine and the environment: Python, disk, store, ports, extras, permissions, stale processes.

    Exit status 1 when there is a problem. Nothing is changed.
    """
    findings = [*machine(_folder(session)), *_project(session)]
    columns = [
        Column("CHECK"),
        Column("STATE", state=True),
        Column("FOUND", wraps=True),
        Column("WHAT TO DO", wraps=True),
    ]
    rows = [(one.check, one.state, one.found, one.remedy or None) for one in findings]
    problems = sum(one.state == "problem" for one in findings)
    verdict = f"{problems} problem{'s' if problems > 1 else ''}" if problems else "no problems"
    text = f"{table(columns, rows, session.out)}\n\n{verdict}"
    return Answer([one.to_dict() for one in findings], text, exit_status=1 if problems else 0)


def _folder(session: Session) -> Path:
    path = Path(session.project).absolute()
    return path if path.is_dir() else path.parent


def _project(session: Session) -> Iterator[Finding]:
    if not Path(session.project).exists():
        yield Finding("project", "note", f"there is no {session.project} here", "name it with -p")
        return
    try:
        client = session.client()
    except ModelwrightError as error:
        yield Finding(
            "project", "problem", f"{error.code}: {error.message.splitlines()[0]}", "run `modelwright validate`"
        )
        return
    yield Finding("project", "ok", f"{client.project}, environment {client.environment}")
    yield from state_folder(client.workplace.state)
    try:
        control = client.platform.store
    except ModelwrightError as error:
        yield Finding("platform", "note", error.message.splitlines()[0], error.remedy)
        return
    yield from store(control)
    if client.status().unattended:
        yield Finding("schedules", "warning", "nothing operates them", "run `modelwright operate`")
