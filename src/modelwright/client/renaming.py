"""What must not be renamed: whatever the ledger tells of by its name."""

from __future__ import annotations

from modelwright.assembly.assembly import Assembly
from modelwright.errors import UsageError
from modelwright.store import Store

_TOLD_OF = ("training", "endpoint", "monitor")
"""The kinds with a stream of their own."""


def refuse_orphans(assembly: Assembly, store: Store) -> None:
    """Raise `UsageError` for a resource that was renamed after the ledger had told of it.

    A stream keeps the name under which its decisions were made: under another one, neither what serves nor what to go
    back to would be found.
    """
    for name, document in assembly.desired.items():
        kind = document.get("kind")
        for former in document.get("renamed_from") or () if kind in _TOLD_OF else ():
            count = len(store.keys(f"ledger/v1/{kind}/{former}/"))
            if count:
                raise UsageError(
                    f"{former} cannot become {name}: the ledger tells of it by its name, in {count} decisions",
                    where=name,
                    remedy=f"keep the name {former}, or leave out renamed_from to begin anew beside its history",
                )
