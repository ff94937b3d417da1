"""A retrained model whose files were changed is refused once, and what comes after it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lifecycle.living import bodies, living, retrained, settle, write_project

from modelwright.client import Client
from modelwright.client.training import Run
from modelwright.errors import IntegrityError
from modelwright.lifecycle.training import training_state
from modelwright.store import local_path


def spoil(client: Client, run: str) -> None:
    """Change one file of a run's model."""
    folder = local_path(client.platform.store.uri) / "runs" / run / "model"
    file = next(path for path in folder.iterdir() if path.suffix == ".skops")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")


def test_changed_files_are_noted_once_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with living(write_project(tmp_path)) as client:
        run = retrained(client)
        spoil(client, run)
        settle(client)
        assert not any(step.failed for step in client.tick())
        (refused,) = bodies(client, "training/fit", "retrain.refused")
        assert refused["run"] == run
        assert refused["error"]["type"] == "IntegrityError"
        assert "has digest" in refused["error"]["message"]
        assert client.versions("risk") == []
        with pytest.raises(IntegrityError):
            client.register(run)
        second = retrained(client, C=0.5)
        settle(client)
        (version,) = client.versions("risk")
        assert version.state.run == second
        assert version.aliases == ("champion",)
        assert len(bodies(client, "training/fit", "retrain.refused")) == 1
        assert [Run(client.platform, name).status for name in training_state(client.platform, "fit").runs] == [
            "succeeded",
            "succeeded",
        ]
