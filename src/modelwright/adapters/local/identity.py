"""Identities on this machine: everything runs as the user, and keeps to its duty by convention."""

from __future__ import annotations

from modelwright.contract.duty import Duty
from modelwright.contract.outputs import IdentityOutputs
from modelwright.contract.scope import Scope


def lower(duty: Duty, _scope: Scope) -> IdentityOutputs:
    """Return the name of who performs a duty; nothing enforces it here (`identity` is emulated)."""
    return IdentityOutputs(id=f"{duty.name} (the local user, by convention)")
