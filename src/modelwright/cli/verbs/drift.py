"""`modelwright drift`: what was deleted or changed behind the platform's back."""

from __future__ import annotations

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb
from modelwright.errors import DriftFoundError


@verb("drift", examples=["modelwright drift", "modelwright drift -e prod --json      # exit 11 when there is any"])
def command(session: Session) -> Answer:
    """Compare what was applied and released with what is really there: files, addresses, servers, traffic.

    Exit status 11 when anything was deleted or changed by somebody else. Nothing is changed and nothing is repaired;
    what to do is said at the end.
    """
    found = session.client().drift()
    result = found.to_dict()
    for plane in found.unanswered:
        session.warn(f"the adapter does not say what became of the {plane}'s resources",
                     remedy="its engine does: `pulumi preview --refresh`")  # fmt: skip
    if not found.differences:
        return Answer(result, "nothing was deleted or changed")
    columns = [
        Column("RESOURCE"),
        Column("WHAT", shrinks=True),
        Column("DRIFT", state=True),
        Column("APPLIED", wraps=True),
        Column("FOUND", wraps=True),
    ]
    rows = [(d.resource, d.subject, d.kind, d.applied, d.found) for d in found.differences]
    session.result = result
    if not session.json:
        session.out.line(table(columns, rows, session.out))
    count = len(found.differences)
    remedies = list(dict.fromkeys(difference.remedy for difference in found.differences if difference.remedy))
    raise DriftFoundError(
        f"{count} thing{'s are' if count > 1 else ' is'} not as applied",
        remedy=" and then ".join(f"`{remedy}`" for remedy in remedies),
    )
