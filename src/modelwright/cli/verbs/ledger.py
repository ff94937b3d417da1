"""`modelwright ledger`: every decision ever made, and the proof that none was altered."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.counts import Count
from modelwright.cli.events import event_documents, event_table
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb
from modelwright.errors import IntegrityError, NotFoundError, did_you_mean

command = group("ledger", "Show every decision ever made, or verify that none was altered.", default="log")


@verb("log", group=command, examples=["modelwright ledger log", "modelwright ledger log endpoint/delay-api --last 50"])
@click.argument("stream", required=False)
@click.option("--last", type=Count(), default=50, show_default=True, help="How many events.")
def log(session: Session, stream: str | None, last: int) -> Answer:
    """Show events in the order in which they were recorded, of all streams or of STREAM."""
    from modelwright.ledger.event import merged

    ledger = session.client().ledger
    names = ledger.streams()
    if stream is not None and stream not in names:
        raise NotFoundError(f"there is no stream {stream!r}", remedy=did_you_mean(stream, names))
    chosen = [stream] if stream else names
    events = merged(event for name in chosen for event in ledger.stream(name).events())[-last:]
    return Answer(event_documents(events), event_table(events, session.out) if events else "the ledger is empty")


@verb("verify", group=command, examples=["modelwright ledger verify      # exit 13 when something was altered"])
def verify(session: Session) -> Answer:
    """Read every event and name the first wrong byte, a missing middle and a missing tail."""
    from modelwright.ledger.verify import verify as verify_store

    client = session.client()
    findings = verify_store(client.platform.store)
    ledger = client.ledger
    heads = {name: ledger.stream(name).head for name in ledger.streams()} if not findings else {}
    session.result = {
        "findings": [
            {"stream": one.stream, "seq": one.seq, "kind": one.kind, "message": one.message} for one in findings
        ],
        "heads": {name: {"seq": seq, "digest": digest} for name, (seq, digest) in heads.items()},
    }
    if findings:
        columns = [Column("STREAM"), Column("EVENT", right=True), Column("KIND"), Column("FINDING", wraps=True)]
        if not session.json:
            rows = [(one.stream, one.seq or None, one.kind, one.message) for one in findings]
            session.out.line(table(columns, rows, session.out))
        raise IntegrityError(f"{len(findings)} finding{'s' if len(findings) > 1 else ''} in the ledger")
    rows_of_heads = [(name, seq, digest) for name, (seq, digest) in heads.items()]
    shown = table(
        [Column("STREAM"), Column("EVENTS", right=True), Column("HEAD", shrinks=True)], rows_of_heads, session.out
    )
    total = sum(seq for seq, _ in heads.values())
    return Answer(session.result, f"{shown}\n\n{total} events in {len(heads)} streams: nothing was altered")
