"""`modelwright model`: versions of models, from registration to promotion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.group import group
from modelwright.cli.panels import gate_table, version_text
from modelwright.cli.promoting import promote_and_wait
from modelwright.cli.session import Session
from modelwright.cli.spans import Span
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from modelwright.client.client import Client

command = group("model", "List, register, approve and promote versions.", default="list")


@verb("list", group=command, examples=["modelwright model list", "modelwright model list delay --json"])
@click.argument("model", required=False)
def list_versions(session: Session, model: str | None) -> Answer:
    """List the versions of all models, or of MODEL."""
    client = session.client()
    names = [model] if model else client.models
    versions = [version.to_dict() for name in names for version in client.versions(name)]
    columns = [
        Column("VERSION"),
        Column("STATE", state=True),
        Column("ALIASES"),
        Column("RUN", shrinks=True, spare=True),
        Column("METRICS", shrinks=True),
        Column("DIGEST", shrinks=True, spare=True),
    ]
    rows = [
        (
            f"{v['model']}:{v['version']}",
            v["state"],
            ", ".join(v["aliases"]),
            v["run"],
            ", ".join(f"{name} {value:.4g}" for name, value in v["metrics"].items()),
            v["digest"],
        )
        for v in versions
    ]
    return Answer(versions, table(columns, rows, session.out) if rows else "no versions yet")


@verb("show", group=command, examples=["modelwright model show delay:3", "modelwright model show delay@champion"])
@click.argument("version")
def show(session: Session, version: str) -> Answer:
    """Show VERSION: where it comes from, its metrics, and the gates that it was asked to pass."""
    from modelwright.lifecycle.registration import model_state

    client = session.client()
    found = client.version(version)
    promotions = [p for p in model_state(client.platform, found.model).promotions.values() if p.version == found.number]
    parts = [version_text(found, session.out)]
    for promotion in promotions:
        head = f"promotion to {promotion.alias}: {promotion.state}{': ' + promotion.reason if promotion.reason else ''}"
        told = gate_table(promotion.gates, session.out) if promotion.gates else "no gates declared"
        parts.append(f"{session.out.style(head, 'bold')}\n{told}")
    documents = [
        {"alias": p.alias, "state": p.state, "reason": p.reason, "override": p.override, "gates": p.gates}
        for p in promotions
    ]
    return Answer({**found.to_dict(), "promotions": documents}, "\n\n".join(parts))


@verb("register", group=command, examples=["modelwright model register train-delay-3"])
@click.argument("run")
@click.option("--model", metavar="MODEL", help="Where several models are trained by the same job.")
def register(session: Session, run: str, model: str | None) -> Answer:
    """Register the model of RUN, which has succeeded, as a version. The same bytes again are the same version."""
    version = session.client().register(run, model=model)
    name = f"{version.model}:{version.number}"
    return Answer(version.to_dict(), f"{version_text(version, session.out)}\n\nnext: modelwright model promote {name}")


@verb("approve", group=command, examples=['modelwright model approve delay:3 --reason "reviewed in #412"'])
@click.argument("version")
@click.option("--role", metavar="ROLE", default="reviewer", show_default=True, help="The role in which you approve.")
@click.option("--reason", metavar="TEXT", default="", help="Why; it stays in the ledger.")
def approve(session: Session, version: str, role: str, reason: str) -> Answer:
    """Approve VERSION as a person; gates that ask for an approval count it."""
    found = session.client().approve(version, role=role, reason=reason)
    return Answer(found.to_dict(), f"{found.model}:{found.number} is approved by you as {role}")


@verb("reject", group=command, examples=['modelwright model reject delay:3 --reason "biased against carrier B6"'])
@click.argument("version")
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stays in the ledger.")
def reject(session: Session, version: str, reason: str) -> Answer:
    """Refuse VERSION for good, and stop its promotion if one is under way."""
    found = session.client().reject(version, reason=reason)
    return Answer(found.to_dict(), f"{found.model}:{found.number} is {found.status}")


@verb(
    "promote",
    group=command,
    examples=[
        "modelwright model promote delay:3",
        "modelwright model promote delay:3 --alias challenger",
        'modelwright model promote delay:3 --override-gates "incident 512: the champion fails"',
    ],
)
@click.argument("version")
@click.option("--alias", metavar="ALIAS", default="champion", show_default=True, help="The alias that it gets.")
@click.option("--override-gates", "override", metavar="REASON", help="Go past all gates; REASON stays in the ledger.")
@click.option("--reason", metavar="TEXT", default="", help="Why; it stays in the ledger.")
@click.option("--detach", is_flag=True, help="Ask for the promotion and do not wait.")
@click.option("--timeout", type=Span(), metavar="DURATION", help="Stop waiting after so long, such as 10m (exit 9).")
def promote(
    session: Session,
    version: str,
    *,
    alias: str,
    override: str | None,
    reason: str,
    detach: bool,
    timeout: timedelta | None,
) -> Answer:
    """Send VERSION through its gates to an alias, roll it out, and wait until it serves."""
    if override is not None and not override.strip():
        raise UsageError("--override-gates needs a reason", remedy='--override-gates "why it has to be"')
    client = session.client()
    found = client.version(version)
    _warn_unused(session, client, found.model, alias)
    if detach:
        promotion = client.promote(found, alias=alias, override=override, reason=reason)
        if not client.status().operated:
            session.warn(
                "nothing operates this environment, so the promotion waits", remedy="run `modelwright operate`"
            )
        return Answer(promotion.to_dict(), f"{found.model}:{found.number} is on its way to {alias}")
    seconds = timeout.total_seconds() if timeout is not None else None
    return promote_and_wait(session, client, found, alias=alias, override=override, reason=reason, timeout=seconds)


def _warn_unused(session: Session, client: Client, model: str, alias: str) -> None:
    """Say that a promotion to this alias will put nothing behind any endpoint."""
    from modelwright.lifecycle.aliases import refuse_misspelt, used_aliases

    refuse_misspelt(client.platform, model, alias)
    used = used_aliases(client.platform, model)
    if alias not in used:
        others = " or ".join(used) or "none of its aliases"
        session.warn(f"no endpoint serves {model}@{alias}: the alias is set and nothing is released",
                     remedy=f"endpoints and gates of this environment look at: {others}")  # fmt: skip


@verb(
    "copy",
    group=command,
    examples=["modelwright model copy delay:3 --to prod", "modelwright model copy delay@champion -e dev --to staging"],
)
@click.argument("version")
@click.option("--to", "target", required=True, metavar="ENVIRONMENT", help="The environment to register it in.")
def copy(session: Session, version: str, target: str) -> Answer:
    """Register VERSION in another environment of the project, with the same bytes and where they come from.

    Every file's digest is verified on the way. The same bytes again are the same version; its gates are the other
    environment's.
    """
    client = session.client()
    if target == client.environment:
        raise UsageError(f"{version} is in {target} already", remedy="name another environment")
    made = client.copy(version, to=target)
    name = f"{made.model}:{made.number}"
    following = f"modelwright model promote {name} -e {target}"
    return Answer(
        {"environment": target, **made.to_dict()},
        f"{version} of {client.environment} is {name} of {target}\n\n{version_text(made, session.out)}"
        f"\n\nnext: {following}",
    )


@verb("history", group=command, examples=["modelwright model history delay"])
@click.argument("model")
def history(session: Session, model: str) -> Answer:
    """Show everything that was decided about a model, oldest first."""
    from modelwright.cli.events import event_documents, event_table
    from modelwright.errors import NotFoundError, did_you_mean
    from modelwright.ledger.event import merged

    client = session.client()
    if model not in client.models:
        raise NotFoundError(f"there is no model named {model!r}", remedy=did_you_mean(model, client.models))
    events = merged([*client.platform.model(model).events(), *client.platform.approval(model).events()])
    text = event_table(events, session.out) if events else "nothing was decided about it yet"
    return Answer(event_documents(events), text)
