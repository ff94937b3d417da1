"""An applied project whose ledger, documents and results were planted with known numbers and hostile names."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from modelwright.canonical import canonical, digest
from modelwright.client.client import Client
from modelwright.client.connect import connect
from modelwright.clock import ReplayClock
from modelwright.workload.monitor.result import Result

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;\x1b[31m\u202e"
SHOWN = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"
START = datetime(2013, 3, 4, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
TRAINED_ON = {"flights": {"digest": f"sha256:{'d' * 64}", "files": 56, "blocks": ["2013-01-01", "2013-01-02"]}}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63f8ffff3f0005fe02fea7355c"
    "a60000000049454e44ae426082"
)
PROJECT = """
from modelwright import (
    Approval, Attribution, Bias, Canary, DataStore, Drift, Endpoint, Guardrail, Metric, Model, ModelRegistry, Monitor,
    Performance, Project, Quality, Retrain, Secret, TrainingJob, Tuning, Webhook,
)

lake = DataStore("lake")
train = TrainingJob("train-delay", entrypoint="training.py:train", inputs={"flights": lake / "flights"},
                    env={"TOKEN": Secret("train-token")},
                    tuning=Tuning(objective="auc", trials=3, space={"rate": (0.01, 0.3)}))
gates = [Metric("auc") >= 0.65, Metric("auc").beats("champion", by=0.005, confidence=0.95), Approval(role="reviewer")]
models = ModelRegistry("models", models=[
    Model("delay", training=train, evaluation=lake / "flights", label="late", block="day", timestamp="at",
          holdout="at >= '2013-02-01'", gates=gates)])
api = Endpoint("delay-api", serves="delay@champion", capture=1.0, keys=["id"], env={"KEY": Secret("api-key")},
               rollout=Canary(steps=[10], bake="10m", min_requests=5, rollback_when=["error_rate > 0.01"]),
               guardrails=[Guardrail.range("distance", 0, 6000), Guardrail.confidence(0.55, action="abstain")])
quiet = Endpoint("quiet-api", serves="delay@champion")
watch = Monitor("delay-watch", endpoint=api, window="7d", alerts=[Webhook(Secret("slack-hook"))],
                retrain=Retrain(train, on=["auc"], when="1 of 1"),
                checks=[Drift(columns=["temp"]), Quality(), Bias(group="carrier"), Attribution(),
                        Performance("auc", minimum=0.66, labels_within="3d")])
scores = Endpoint("scores", mode="batch", serves="delay@champion", source=lake / "flights", to=lake / "scores")
project = Project("flights", [lake, train, models, api, quiet, scores, watch])
"""


def applied(folder: Path) -> Client:
    """Return a client of the project, applied and with nothing else done."""
    (folder / "project.py").write_text(PROJECT)
    (folder / "training.py").write_text("def train(context): ...\n")
    client = connect(folder / "project.py", clock=ReplayClock(folder / "clock", START))
    client.up()
    return client


def write_log(client: Client, run: str, text: str) -> None:
    """Write the log of a run, as its process would."""
    folder = client.workplace.place.state / "jobs" / run
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").write_text(text)


def put(client: Client, key: str, document: Any) -> bytes:
    """Write a document of the control store; return its bytes."""
    data = document if isinstance(document, bytes) else canonical(document)
    client.platform.store.put(key, data)
    return data


def plant(client: Client) -> None:
    """Plant two versions, a failed run, three releases of which one went back, results, and an alarm."""
    first, second = plant_model(client, 1), plant_model(client, 2)
    plant_runs(client, first, second)
    plant_versions(client, first, second)
    plant_endpoint(client)
    plant_results(client)
    plant_alarm(client)


def plant_model(client: Client, number: int) -> str:
    """Write a version's folder; return its digest."""
    file = f"weights {number}".encode()
    profile = gzip.compress(
        json.dumps({"rows": 5000, "columns": [{"name": "temp", "total": 5000, "nulls": 100}]}).encode(), mtime=0
    )
    manifest = {
        "schema": "modelwright.model/1", "format": "skops", "run": f"train-delay-{number}", "opt_in": None,
        "files": [{"path": "model.skops", "sha256": digest(file), "bytes": len(file)}], "profile": digest(profile),
        "signature": {
            "inputs": [
                {"name": "temp", "type": "float64", "nullable": True},
                {"name": EVIL, "type": "string", "nullable": False, "known": ["AA", EVIL]},
            ],
            "outputs": [{"name": "probability", "type": "float64"}], "task": "classification", "classes": [0, 1],
        },
        "sample": {"inputs": [{"temp": 1.5, EVIL: EVIL}], "outputs": [{"probability": 0.25}]},
        "feature_use": [{"view": "carrier", "schema": "6cbd1213", "entity": ["carrier"], "columns": [EVIL]}],
        "training_data": TRAINED_ON,
        "libraries": {"numpy": "2.4.6"},
    }  # fmt: skip
    data = canonical(manifest)
    folder = f"models/{digest(data).removeprefix('sha256:')}"
    put(client, f"{folder}/manifest.json", data)
    put(client, f"{folder}/model.skops", file)
    put(client, f"profiles/{digest(profile).removeprefix('sha256:')}.json.gz", profile)
    return digest(data)


def plant_runs(client: Client, first: str, second: str) -> None:
    stream = client.platform.training("train-delay")
    for number, model in ((1, first), (2, second), (3, None)):
        run = f"train-delay-{number}"
        queued = {"run": run, "hyperparameters": {"rate": 0.1, EVIL: EVIL}, "origin": "person", "data": ""}
        stream.append("run.queued", queued, key=f"{run}/queued")
        stream.append("run.started", {"run": run}, key=f"{run}/started")
        error = {"type": "ValueError", "message": f"no rows {EVIL}", "traceback": "training.py:7 in train\n  raise"}
        ended = {
            "run": run, "status": "succeeded" if model else "failed", "metrics": {"auc": 0.7} if model else {},
            "model": model, "error": None if model else error, "seconds": 75.0,
        }  # fmt: skip
        stream.append("run.finished", ended, key=f"{run}/finished")
        result = {
            "schema": "modelwright.run/1", "run": run, "job": "train-delay", "status": ended["status"],
            "metrics": ended["metrics"], "params": {EVIL: EVIL}, "model": model, "error": ended["error"],
            "hyperparameters": {"rate": 0.2}, "feature_use": [], "libraries": {"numpy": "2.4.6"},
            "inputs": TRAINED_ON,
            "figures": ["figures/roc.png", "figures/shap.html", "figures/gone.svg"], "commit": "c0ffee", "dirty": True,
            "attempt": 1, "started": "2026-01-01T00:00:00.000000Z", "ended": "2026-01-01T00:01:15.000000Z",
            "trials": [
                {"number": n, "hyperparameters": {"rate": rate, "depth": 3}, "value": value, "seconds": 2.0,
                 "metrics": {}, "state": "succeeded", "error": None}
                for n, (rate, value) in enumerate([(0.05, 0.61), (0.2, 0.7), (0.29, 0.66)])
            ],
        }  # fmt: skip
        put(client, f"runs/{run}/result.json", result)
        course = [{"at": "…", "step": n, "values": {"loss": 1 / (n + 1), EVIL: 0.5}} for n in range(10)]
        put(client, f"runs/{run}/metrics.jsonl", b"".join(canonical(line) + b"\n" for line in course))
        put(client, f"runs/{run}/figures/roc.png", PIXEL)
        put(client, f"runs/{run}/figures/shap.html", f"<p>{EVIL}</p>".encode())


def plant_versions(client: Client, first: str, second: str) -> None:
    stream = client.platform.model("delay")

    def say(kind: str, reason: str = "", /, **body: Any) -> None:
        stream.append(kind, body, key=str(len(stream.events())), reason=reason)

    for number, model in ((1, first), (2, second)):
        promotion = f"delay-p{number}"
        say("version.registered", version=number, digest=model, run=f"train-delay-{number}", metrics={"auc": 0.7},
            format="skops", commit="c0ffee", dirty=True)  # fmt: skip
        say("version.verified", version=number)
        say("promotion.requested", f"because {EVIL}", promotion=promotion, version=number, alias="champion",
            override=None, expected=None)  # fmt: skip
        say("evaluation.queued", promotion=promotion, version=number, evaluation=f"eval-{number}", baseline="champion",
            against=number - 1 or None)  # fmt: skip
        evidence = {"rows": 7000, "blocks": 8, "value": 0.7041, "interval": [0.65, 0.7559]}
        say("gate.evaluated", promotion=promotion, version=number, environment="dev", gate="auc >= 0.65",
            kind="threshold", passed=True, text="0.7041", evidence=evidence)  # fmt: skip
        beat = {"baseline": 1, "difference": 0.0562, "metric": "auc", EVIL: EVIL} if number == 2 else {"baseline": None}
        say("gate.evaluated", promotion=promotion, version=number, environment="dev",
            gate="auc beats champion by 0.005 at 95%", kind="beats", passed=True, text=EVIL, evidence=beat)  # fmt: skip
    say_approval(client)
    say("version.approved", version=1)
    say("alias.set", name="champion", version=1, expected=None)
    say("promotion.finished", promotion="delay-p1", version=1, alias="champion")
    metrics = {
        "2": {"auc": {"value": 0.7041, "interval": [0.65, 0.7559]}},
        "1": {"auc": {"value": 0.648, "interval": None}},
    }
    compared = {"metric": "auc", "baseline": 1, "candidate": 2, "difference": 0.0562, "interval": [0.02, 0.0974],
                "by": 0.005, "confidence": 0.95, "probability": 0.998, "passed": True}  # fmt: skip
    put(client, "evaluations/eval-2/result.json", {
        "schema": "modelwright.evaluation/1", "evaluation": "eval-2", "status": "succeeded", "rows": 7196,
        "blocks": ["2013-03-06", "2013-03-11"], "metrics": metrics, "comparisons": [compared],
    })  # fmt: skip

    put(client, "evaluations/eval-delay-1-asked/result.json", {
        "schema": "modelwright.evaluation/1", "evaluation": "eval-delay-1-asked", "model": "delay", "versions": [1],
        "rows": 90, "blocks": ["2013-03-06"], "metrics": {"1": {"auc": {"value": 0.6, "interval": [0.5, 0.7]}}},
    })  # fmt: skip


def say_approval(client: Client) -> None:
    client.platform.approval("delay").append(
        "approval.given", {"version": 1, "role": "reviewer"}, key="a", reason=f"reviewed {EVIL}"
    )


def plant_endpoint(client: Client) -> None:
    clock, stream = client.clock, client.platform.endpoint("delay-api")
    assert isinstance(clock, ReplayClock)

    def say(kind: str, after: timedelta = timedelta(0), reason: str = "", /, **body: Any) -> None:
        clock.advance_to(clock.now() + after)
        stream.append(kind, body, key=str(len(stream.events())), reason=reason)

    def plan(number: int, version: int, replaces: int | None) -> dict[str, Any]:
        rollout = {"kind": "canary", "steps": [10], "bake": 600.0, "rollback_when": [{"text": "error_rate > 0.01"}]}
        variant = f"v{version}-r{number}"
        return {
            "release": number, "versions": {variant: version}, "weights": {variant: 100},
            "wanted": {"targets": {"delay@champion": version}, "digests": {}, "moves": {}, "config": ""},
            "rollout": rollout, "replaces": replaces,
        }  # fmt: skip

    claim: dict[str, Any] = {"attempt": 1, "owner": "1-a", "deadline": 0.0}
    say("release.planned", timedelta(0), f"first {EVIL}", **plan(1, 1, None))
    say("step.started", release=1, step="deploy", **claim)
    say("traffic.set", release=1, weights={"v1-r1": 100}, mirror={}, versions={"v1-r1": 1})
    say("release.live", release=1)
    say("traffic.set", WEEK, release=1, weights={"v1-r1": 100}, mirror={"v2-r1-shadow": 1.0},
        versions={"v1-r1": 1, "v2-r1-shadow": 2})  # fmt: skip
    say("release.planned", DAY, "retrained", **plan(2, 2, 1))
    say("step.started", release=2, step="traffic-10", **claim)
    say("traffic.set", release=2, weights={"v1-r1": 90, "v2-r2": 10}, mirror={}, versions={"v1-r1": 1, "v2-r2": 2})
    seen = {"requests": 212, "errors": 11}
    say("rollback.started", DAY, "error_rate 0.052 > 0.01", release=2, to=1, evidence=seen)
    say("traffic.set", release=1, weights={"v1-r1": 100}, mirror={}, versions={"v1-r1": 1})
    say("rollback.done", timedelta(0), "error_rate 0.052 > 0.01", release=2, to=1)


def plant_results(client: Client) -> None:
    performance = {"kind": "performance", "metric": "auc", "minimum": 0.66, "threshold": 0.66, "min_matched": 0.8}
    drift = {"kind": "drift", "method": "psi", "column": "temp", "threshold": 0.5}
    for index, (auc, psi) in enumerate([(0.71, 0.1), (0.65, 0.9), (None, 0.2)]):
        window = (START + index * WEEK, START + (index + 1) * WEEK)
        ends = (auc - 0.01, auc + 0.01) if auc is not None else None
        status = "insufficient" if auc is None else "violated" if auc < 0.66 else "ok"
        found = [
            result(window, "auc", performance, status, auc, interval=ends, matched=0.97, rows=6000),
            result(window, "drift.temp", drift, "violated" if psi > 0.5 else "ok", psi, detail={"false_alarms": 0.4}),
            result(window, "auc", performance, "ok", 0.9, version=2, variant="shadow"),
            result(window, "bias", {"kind": "bias", "group": "carrier", "threshold": 0.1}, "ok", 0.05,
                   detail={"groups": [{"group": EVIL, "rows": 40, "rate": 0.2}], "ignored": []}),
            result(window, "quality", {"kind": "quality"}, "ok", 0.0, detail={"faults": [], "warnings": [
                {"check": "new_categories", "column": EVIL, "message": f"8 of 6612 {EVIL}", "value": 0.1}]}),
            result(window, "attribution", {"kind": "attribution", "threshold": 0.3}, "ok", 0.1,
                   detail={"reference": {"temp": 0.6}, "current": {"temp": 0.5, EVIL: 0.5}}),
        ]  # fmt: skip
        if index == 1:
            found.append(result(window, "auc", performance, "ok", 0.67, revision=1, message=EVIL))
        for one in found:
            put(client, one.key, one.to_bytes())


def result(window: tuple[datetime, datetime], check_id: str, check: dict[str, Any], status: Any, value: float | None,
           *, version: int = 1, **more: Any) -> Result:  # fmt: skip
    """Return a result of the planted monitor."""
    made = {"rows": 6100, "at": window[1], **more}
    return Result(
        "delay-watch", "delay-api", window, version, check_id, {**check, "name": check_id}, status, value, **made
    )


def plant_alarm(client: Client) -> None:
    body = {
        "checks": ["auc", EVIL],
        "window": ["2013-03-11T00:00:00.000000Z", "2013-03-18T00:00:00.000000Z"],
        "versions": [1],
    }
    client.platform.monitor("delay-watch").append("monitor.violated", body, key="1")
    put(client, "monitors/delay-watch/alerts/000000000001.json", {"schema": "modelwright.told/1"})
    checks = {"auc": [{"window": "…", "status": "violated", "value": 0.65}]}
    decided = {"monitor": "delay-watch", "checks": checks}
    event = client.platform.training("train-delay").append(
        "retrain.decided", decided, key="r", reason="auc violated 1 of 1"
    )
    queued = {"run": "train-delay-4", "hyperparameters": {}, "origin": "retrain", "data": ""}
    client.platform.training("train-delay").append("run.queued", queued, key="r/run", cause=(event.reference,))
