"""Promoting in the foreground: gates and rollout as progress, then the gates' evidence and what serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelwright.cli.answer import Answer
from modelwright.cli.panels import gate_table
from modelwright.cli.session import Session
from modelwright.cli.waiting import goes_on, steps
from modelwright.errors import ModelwrightError

if TYPE_CHECKING:
    from modelwright.client.client import Client
    from modelwright.client.models import Promotion, Version
    from modelwright.client.training import Run


def promote_and_wait(
    session: Session,
    client: Client,
    version: Version,
    *,
    alias: str = "champion",
    override: str | None = None,
    reason: str = "",
    run: Run | None = None,
    timeout: float | None = None,
) -> Answer:
    """Send a version through its gates and wait until it serves.

    Raises what `Promotion.wait` raises, after the gates' evidence was shown.
    """
    promotion = client.promote(version, alias=alias, override=override, reason=reason)
    name = f"{version.model}:{version.number}"
    resume = f"`modelwright model promote {name}` waits again, `modelwright operate` finishes it without you"
    try:
        with goes_on(f"the promotion of {name} stays open", resume), session.progress() as progress:
            progress.say(name, "gates")
            promotion.wait(on_progress=steps(progress), timeout=timeout)
            progress(name, "done", f"promoted to {alias}")
    except ModelwrightError:
        session.result = _document(promotion, run)
        if promotion.gates and not session.json:
            session.out.line(gate_table(promotion.gates, session.out))
        raise
    return Answer(_document(promotion, run), promotion_text(session, promotion))


def promotion_text(session: Session, promotion: Promotion) -> str:
    """Return a promotion's gates, releases and what may come next."""
    document = promotion.to_dict()
    parts = [gate_table(promotion.gates, session.out)] if promotion.gates else []
    if document["override"]:
        parts.append(f"gates were overridden: {document['override']}")
    lines = [f"{document['model']}:{document['version']} is {document['alias']}"]
    for endpoint, release in document["releases"].items():
        lines.append(f"{endpoint}: release {release['release']} is {release['state']}")
    lines += [f"next: {_try(promotion, endpoint)}" for endpoint in list(document["releases"])[:1]]
    return "\n\n".join([*parts, "\n".join(lines)])


def _try(promotion: Promotion, endpoint: str) -> str:
    """Return the command that asks what serves now."""
    batch = promotion.platform.record.resource("endpoint", endpoint).get("mode") == "batch"
    return f"modelwright batch {endpoint}" if batch else f"modelwright endpoint invoke {endpoint} --sample"


def _document(promotion: Promotion, run: Run | None) -> dict[str, Any]:
    document = promotion.to_dict()
    return {**document, "run": run.to_dict()} if run is not None else document
