"""Which aliases of a model anything looks at, so that a misspelt one is not made by a promotion."""

from __future__ import annotations

import difflib

from modelwright.errors import UsageError
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import model_state


def used_aliases(platform: LivePlatform, model: str) -> list[str]:
    """Return the aliases of a model that an endpoint serves, shadows or falls back to, or that a gate refers to."""
    record = platform.record
    references: set[str] = set()
    for name, endpoint in record.of_kind("endpoint").items():
        references |= {*record.serves(name), str(endpoint.get("shadow") or "")}
        references |= {str(guardrail["to"]) for guardrail in endpoint.get("guardrails", ()) if guardrail.get("to")}
    served = {reference.partition("@")[2] for reference in references if reference.startswith(f"{model}@")}
    compared = {gate.get("alias") or gate.get("as") for gate in record.gates(model)}
    return sorted(served | {str(alias) for alias in compared if alias})


def refuse_misspelt(platform: LivePlatform, model: str, alias: str) -> None:
    """Raise `UsageError` for an alias that nothing uses and that looks like one that is used."""
    used, known = used_aliases(platform, model), model_state(platform, model).aliases
    near = difflib.get_close_matches(alias, used, n=1)
    if alias not in used and alias not in known and near and not alias.startswith(near[0]):
        raise UsageError(f"nothing serves {model}@{alias}", remedy=f"did you mean {near[0]!r}?")
