"""`modelwright doctor`: check this machine, the installation, the project and the environment's state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from modelwright.cli.answer import Answer
from modelwright.cli.checkup import Finding, machine, state_folder
from modelwright.cli.probing import Probe
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.terminal import Terminal
from modelwright.cli.verb import verb
from modelwright.errors import ModelwrightError
from modelwright.store import open_store


@verb(
    "doctor",
    examples=[
        "modelwright doctor",
        "modelwright doctor -e prod --json",
        "modelwright doctor --store s3://my-bucket/control     # exit 14 when it overwrites",
    ],
)
@click.option("--store", "address", metavar="ADDRESS", help="Probe the store at this address, and no project.")
def command(session: Session, address: str | None) -> Answer:
    """Check this machine and the environment: Python, disk, store, ports, extras, permissions, stale processes.

    Exit status 1 when there is a problem, 14 when the store does not refuse what it must. Nothing is changed; the
    store is probed with objects of the check's own, which are removed.
    """
    findings = list(machine(_folder(session)))
    probe = Probe(open_store(address)).run() if address else _project(session, findings)
    findings += probe.findings if probe else []
    if probe and probe.refusal:
        session.result = [one.to_dict() for one in findings]
        if not session.json:
            session.out.line(_shown(findings, session.out))
        raise probe.refusal
    problems = sum(one.state == "problem" for one in findings)
    return Answer([one.to_dict() for one in findings], _shown(findings, session.out), exit_status=1 if problems else 0)


def _shown(findings: Sequence[Finding], terminal: Terminal) -> str:
    columns = [
        Column("CHECK"),
        Column("STATE", state=True),
        Column("FOUND", wraps=True),
        Column("WHAT TO DO", wraps=True),
    ]
    rows = [(one.check, one.state, one.found, one.remedy or None) for one in findings]
    problems = sum(one.state == "problem" for one in findings)
    verdict = f"{problems} problem{'s' if problems > 1 else ''}" if problems else "no problems"
    return f"{table(columns, rows, terminal)}\n\n{verdict}"


def _folder(session: Session) -> Path:
    path = Path(session.project).absolute()
    return path if path.is_dir() else path.parent


def _project(session: Session, findings: list[Finding]) -> Probe | None:
    """Add what is to be said of the project and its state; return the probe of its control store."""
    if not Path(session.project).exists():
        findings.append(Finding("project", "note", f"there is no {session.project} here", "name it with -p"))
        return None
    try:
        client = session.client()
    except ModelwrightError as error:
        said = f"{error.code}: {error.message.splitlines()[0]}"
        findings.append(Finding("project", "problem", said, "run `modelwright validate`"))
        return None
    findings.append(Finding("project", "ok", f"{client.project}, environment {client.environment}"))
    findings += state_folder(client.workplace.state)
    try:
        control = client.platform.store
        unattended = client.status().unattended
    except ModelwrightError as error:
        state = "note" if error.code == "MW2201" else "problem"
        findings.append(Finding("platform", state, error.message.splitlines()[0], error.remedy))
        return None
    if unattended:
        findings.append(Finding("schedules", "warning", "nothing operates them", "run `modelwright operate`"))
    return Probe(control).run()
