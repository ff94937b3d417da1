"""The page `support.md`: what each adapter that comes with modelwright answers for each feature."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.cli.adapting import by_kind
from modelwright.contract.adapter import Adapter
from modelwright.contract.discovery import announced, find_adapter
from modelwright.contract.support import Answer
from modelwright.spec.feature import FEATURES

_OWN = "modelwright"
_HEAD = """# What adapters support

Written by `python -m modelwright.cli.reference docs/reference` from each adapter's support table; `modelwright
adapters` shows the same for every adapter that is installed. What a project relies on and the adapter of its
environment does not support is refused with these reasons before anything else happens.

- **native**: the platform does exactly that. The code names the evidence that the conformance kit finds: a resource, a
  request, a place in one (`#`), or a slot that a release fills (`$`).
- **emulated**: modelwright does it there, in the way that is said.
- **todo**: not yet. **upstream**: promised by the platform and not delivered. **never**: not possible, with the nearest
  thing that is."""


def support_page() -> str:
    """Return the page."""
    adapters = {one.name: find_adapter(one.name) for one in announced() if one.distribution == _OWN}
    counts = [_counts(name, adapter) for name, adapter in adapters.items()]
    blocks = [_HEAD, *counts, *(_table(kind, features, adapters) for kind, features in by_kind(list(FEATURES)))]
    return "\n\n".join(blocks) + "\n"


def _counts(name: str, adapter: Adapter) -> str:
    works = sum(answer.works for answer in adapter.support.values())
    return f"`{name}` supports {works} of {len(FEATURES)} features."


def _table(kind: str, features: list[str], adapters: Mapping[str, Adapter]) -> str:
    lines = [
        f"## {kind}",
        "",
        f"| feature | what it is | {' | '.join(adapters)} |",
        f"|---|---|{'---|' * len(adapters)}",
    ]
    for feature in features:
        answers = [_cell(adapter.support[feature]) for adapter in adapters.values()]
        lines.append(f"| `{feature}` | {FEATURES[feature]} | {' | '.join(answers)} |")
    return "\n".join(lines)


def _cell(answer: Answer) -> str:
    if answer.level == "native":
        evidence = ", ".join(f"`{item}`" for item in answer.evidence)
        return f"**native** {evidence}" if evidence else "**native**"
    text = f"**{answer.level}**: {answer.how}"
    return f"{text}; instead: {answer.instead}".replace("|", "\\|") if answer.instead else text.replace("|", "\\|")
