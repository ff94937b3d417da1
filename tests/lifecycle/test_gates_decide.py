"""Versions pass or fail their gates on evidence that stays in the ledger; the numbers are scikit-learn's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score
from tests.lifecycle.living import bodies, fitted, living

from modelwright import connect
from modelwright.client import Client
from modelwright.client.models import Version
from modelwright.errors import ApprovalRequiredError, GateError, ModelwrightError, RaceLostError, TransitionError
from modelwright.ledger.verify import verify
from modelwright.store import local_path

PROJECT = """
from modelwright import *

def train(context):
    import numpy
    from sklearn.linear_model import LogisticRegression

    cases = context.read("cases")
    name = context.hyperparameters["column"]
    chosen = [0.0 if column != name else 1.0 for column in ("strong", "weak", "noise")]
    rows = numpy.column_stack([cases[column] for column in ("strong", "weak", "noise")])
    model = LogisticRegression(C=float(context.hyperparameters.get("C", 1.0))).fit(rows * chosen, cases["sick"])
    model.coef_ = model.coef_ * chosen
    context.log_metrics({"rows": len(rows)})
    reference = {column: cases[column] for column in ("strong", "weak", "noise")}
    context.save(model, sample={n: v[:3] for n, v in reference.items()}, reference=reference, labels=cases["sick"])

lake = DataStore("lake")
fit = TrainingJob("fit", entrypoint="project.py:train", inputs={"cases": lake / "cases"})
gates = [
    Metric("auc") >= 0.6,
    Metric("auc").beats("champion", by=0.02, confidence=0.9),
    Passes(Quality(nulls=0.0)),
    Cost(maximum=1.0),
    Approval("reviewer", not_author=True),
]
models = ModelRegistry("models", models=[
    Model("risk", training=fit, evaluation=lake / "cases", holdout="batch % 5 == 0", label="sick", block="batch",
          gates=gates),
])
project = Project("wards", [lake, fit, models], environments={"dev": Environment("local")})
"""
NAMES = ["auc >= 0.6", "auc beats champion by 0.02 at 90%", "passes quality", "cost of a run <= 1"]


def cases() -> dict[str, np.ndarray]:
    """Return 3,000 cases in 60 batches: one column says much of who is sick, one a little, one nothing."""
    generator = np.random.default_rng(3)
    sick = generator.integers(0, 2, 3000)
    said = {"strong": 1.2, "weak": 0.6, "noise": 0.0}
    columns = {name: sick * weight + generator.normal(size=3000) for name, weight in said.items()}
    return {**columns, "sick": sick, "batch": np.arange(3000) // 50}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """The project, applied, with its cases in the lake."""
    (tmp_path / "project.py").write_text(PROJECT)
    with living(tmp_path / "project.py") as client:
        folder = local_path(client.outputs()["lake"]["uri"]) / "cases"
        folder.mkdir(parents=True)
        pq.write_table(pa.table(cases()), folder / "cases.parquet")
        yield client


def auc_of(column: str) -> float:
    """Return the AUC of a column alone on the held-out batches, which no logistic regression of it can change."""
    found = cases()
    held = found["batch"] % 5 == 0
    return float(roc_auc_score(found["sick"][held], found[column][held]))


def approve_as(name: str, version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Approve as somebody else: the person who started a pipeline."""
    with monkeypatch.context() as pipeline:
        pipeline.setenv("GITHUB_ACTIONS", "true")
        pipeline.setenv("GITHUB_ACTOR", name)
        connect(tmp_path / "project.py").approve(version, reason="looked at it")


def refused(client: Client, version: Version) -> GateError:
    with pytest.raises(GateError) as caught:
        client.promote(version).wait(timeout=60)
    assert caught.value.exit_status == 5
    assert version.status == "rejected"
    return caught.value


@pytest.mark.timeout(240)
def test_versions_pass_their_gates_or_are_rejected_on_evidence(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak, noise, same, strong = fitted(
        client, {"column": "weak"}, {"column": "noise"}, {"column": "weak", "C": 0.5}, {"column": "strong"}
    )
    first = client.promote(weak)
    with pytest.raises(ApprovalRequiredError, match="waiting for reviewer") as waiting:
        first.wait(timeout=60)
    assert waiting.value.exit_status == 12
    client.approve(weak)  # by whoever trained it: this does not count
    with pytest.raises(ApprovalRequiredError):
        first.wait(timeout=60)
    approve_as("grace", weak, tmp_path, monkeypatch)
    first.wait(timeout=60)
    assert client.version("risk@champion").number == weak.number
    gates = first.gates
    assert list(gates) == [*NAMES, "approval by reviewer"]
    assert gates[NAMES[0]]["evidence"]["value"] == pytest.approx(auc_of("weak"), abs=1e-9)
    assert gates[NAMES[0]]["evidence"]["rows"] == 600
    assert gates[NAMES[1]]["text"] == "no other champion yet"
    assert gates["approval by reviewer"]["evidence"]["approvals"][0]["by"] == "grace"

    assert f"auc >= 0.6: {auc_of('noise'):.4f}" in str(refused(client, noise))
    with pytest.raises(TransitionError, match="rejected: it cannot be promoted"):
        client.promote(noise, override="but I like it")
    assert "beats champion by 0.02" in str(refused(client, same))

    last = client.promote(strong)
    with pytest.raises(ApprovalRequiredError):
        last.wait(timeout=60)
    found = last.gates[NAMES[1]]["evidence"]
    assert found["difference"] == pytest.approx(auc_of("strong") - auc_of("weak"), abs=1e-9)
    assert (found["candidate"], found["baseline"], found["blocks"]) == (strong.number, weak.number, 12)
    approve_as("grace", strong, tmp_path, monkeypatch)
    last.wait(timeout=60)
    failed = [body["gate"] for body in bodies(client, "model/risk", "gate.evaluated") if not body["passed"]]
    assert failed == NAMES[:2]
    assert verify(client.platform.store) == ()
    evaluation = client.evaluate(weak, against=f"risk:{strong.number}")
    assert evaluation.metrics[weak.number]["auc"]["value"] == pytest.approx(auc_of("weak"), abs=1e-9)
    assert evaluation.metrics[strong.number]["auc"]["value"] == pytest.approx(auc_of("strong"), abs=1e-9)
    assert list(evaluation.to_pandas()["version"]) == [weak.number, strong.number]


@pytest.mark.timeout(240)
def test_one_promotion_at_a_time_and_an_override_says_why(client: Client, tmp_path: Path) -> None:
    one, two = fitted(client, {"column": "weak"}, {"column": "strong"})
    client.promote(one, reason="mine")
    with pytest.raises(RaceLostError, match=r"risk:1 is being promoted to champion \(by .+, since 20") as lost:
        connect(tmp_path / "project.py").promote(two)
    assert lost.value.exit_status == 10
    promotion = client.promote(one, override="the wards cannot wait").wait(timeout=60)
    assert (promotion.state.state, promotion.state.override) == ("finished", "the wards cannot wait")
    (event,) = bodies(client, "model/risk", "gate.overridden")
    assert event["gates"] == [*NAMES, "approval by reviewer"]
    assert one.status == "approved"

    client.promote(two)
    client.reject(two, reason="not now")
    client.reject(two, reason="twice is once")
    assert (two.status, one.aliases) == ("rejected", ("champion",))
    with pytest.raises(TransitionError, match="risk:1 is champion"):
        client.reject(one, reason="it serves")
    assert errors(client) == []


def errors(client: Client) -> list[Any]:
    """Return what a tick says of streams that cannot be read or moved."""
    found: list[Any] = []
    try:
        found = [step for step in client.tick() if step.failed]
    except ModelwrightError as error:
        found = [error]
    return found
