"""A changed serving configuration is a new release of the same version, and both status and promotion say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lifecycle.living import FAST, fitted, living, write_project

from modelwright import connect


@pytest.mark.timeout(240)
def test_promoting_the_champion_again_waits_for_its_changed_configuration(tmp_path: Path) -> None:
    with living(write_project(tmp_path, endpoint=f"rollout={FAST}")) as client:
        (version,) = fitted(client, {})
        client.promote(version).wait(timeout=60)
        assert "changed" not in client.status().resource("api").detail

        changed = connect(write_project(tmp_path, endpoint=f'rollout={FAST}, capture=1.0, keys=["ward"]'))
        changed.up()
        detail = changed.status().resource("api").detail
        assert detail.endswith("the declaration changed, next: modelwright model promote risk:1")

        changed.promote("risk:1").wait(timeout=120)
        releases = changed.history("api").entries
        assert [(entry.release, entry.versions, entry.state) for entry in releases] == [
            (1, (1,), "superseded"),
            (2, (1,), "live"),
        ]
        assert "changed" not in changed.status().resource("api").detail
