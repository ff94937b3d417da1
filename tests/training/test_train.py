from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from tests.training.workshop import Workshop

from modelwright.stats.profile import Profile
from modelwright.workload.model_folder import load_model

BOOSTED = """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    def train(context):
        rows = context.read("rows", ["n", "x", "late", "at"])
        given = np.column_stack([rows["n"], rows["x"]])
        model = LogisticRegression(C=context.hyperparameters["C"]).fit(given, rows["late"])
        context.log_metrics({"accuracy": model.score(given, rows["late"])})
        context.log_figure("curve", "<svg/>")
        context.log_params({"rows": len(rows["n"]), "now": context.now.isoformat(), "seed": context.seed})
        reference = {"n": rows["n"], "x": rows["x"]}
        context.save(model, sample={k: v[:3] for k, v in reference.items()}, reference=reference,
                     labels=rows["late"], time=rows["at"], window="7d")
"""
SHORT_TIMES = """
    def double(columns):
        return columns["x"] * 2.0

    def train(context):
        rows = {"x": [1.0, 2.0]}
        context.save(double, sample=rows, reference=rows, time=["2013-01-01T00:00:00Z"], opt_in="callable")
"""
PLANTED = """
    SELECT CAST(x AS DOUBLE) AS n, sin(x) AS x, CAST(x % 3 = 0 AS BIGINT) AS late,
           CAST('d' || (x // 100) AS VARCHAR) AS day, TIMESTAMPTZ '2013-01-01 00:00Z' + to_hours(x) AS at
    FROM range(1000) t(x)
"""


def test_a_run_leaves_a_verified_model_with_profile_lineage_and_figures(workshop: Workshop) -> None:
    workshop.code(BOOSTED)
    workshop.parquet("a.parquet", PLANTED)
    holdout = {"input": "rows", "where": "day = 'd9'", "block": "day"}
    config = workshop.config(
        inputs={"rows": {"uri": workshop.data.as_uri()}}, holdout=holdout, hyperparameters={"C": 0.5}
    )

    ended = workshop.train(config)

    assert ended.status == 0, ended.output
    result = workshop.result()
    model = workshop.control / "runs/job-1/model"
    loaded = load_model(model, result["model"])
    manifest = json.loads((model / "manifest.json").read_text())
    digest = hashlib.sha256((model / "manifest.json").read_bytes()).hexdigest()
    assert (result["status"], result["model"], result["error"]) == ("succeeded", f"sha256:{digest}", None)
    assert result["params"] == {"rows": 900, "now": "2013-03-05T00:00:00+00:00", "seed": 7}
    assert result["figures"] == ["figures/curve.svg"]
    assert (workshop.control / "runs/job-1/figures/curve.svg").read_text() == "<svg/>"
    assert result["inputs"]["rows"]["blocks"] == [f"d{k}" for k in range(9)]
    assert manifest["training_data"] == {"rows": result["inputs"]["rows"]}
    assert manifest["run"] == "job-1"
    assert result["libraries"]["scikit-learn"]
    assert loaded.signature.names == ("n", "x")
    profile = Profile.from_bytes((model / "profile.json.gz").read_bytes())
    assert set(profile.columns) == {"n", "x", "prediction", "probability"}
    replay = profile.replay(7 * 86_400)
    assert replay is not None
    assert (replay.basis, replay.windows) == ("windows", 5)  # 900 hours hold five whole weeks
    assert replay.threshold("x", "psi").value is not None
    assert not (workshop.control / "runs/job-1/work").exists()


@pytest.mark.parametrize(
    ("code", "type_", "message"),
    [
        ("def train(context):\n    pass\n", "TrainingFailedError", "wrote no model"),
        ("def train(context):\n    raise SystemExit(0)\n", "SystemExit", "0"),
        ("def train(context):\n    1 / 0\n", "ZeroDivisionError", "division by zero"),
        ("def train():\n    pass\n", "TypeError", "takes 0 positional arguments"),
        ("import nothing_like_this\n", "ModuleNotFoundError", "nothing_like_this"),
        ("def train(context):\n    context.features.join({}, on='a', at='b')\n", "UsageError", "declares no features"),
        ("def train(context):\n    context.read('rows')\n", "NotFoundError", "no input 'rows'"),
        ("def train(context):\n    context.save(print, sample={'x': [1.0]})\n", "ModelFormatError", "builtin"),
        (SHORT_TIMES, "DataError", "1 times for 2 reference rows"),
    ],
    ids=["no model", "exit", "raises", "signature", "import", "features", "input", "format", "times"],
)
def test_code_that_does_not_train_fails_with_a_reason_and_a_result(
    workshop: Workshop, code: str, type_: str, message: str
) -> None:
    workshop.code(code)

    ended = workshop.train()

    result = workshop.result()
    assert (ended.status, result["status"], result["model"]) == (1, "failed", None)
    assert result["error"]["type"] == type_
    assert message in result["error"]["message"]
    assert message in ended.output


def test_a_document_that_makes_no_sense_is_refused(workshop: Workshop) -> None:
    newer = workshop.train({**workshop.config(), "schema": "modelwright.train/2"})
    lacking = workshop.train({"schema": "modelwright.train/1"})

    assert (newer.status, lacking.status) == (2, 2)
    assert "upgrade modelwright" in newer.output
    assert "has no 'job'" in lacking.output


def test_an_opt_in_that_the_job_does_not_allow_is_refused(workshop: Workshop) -> None:
    workshop.train(workshop.config(allow_formats=[]))
    assert "allow_formats=['callable']" in workshop.result()["error"]["message"]

    workshop.train(workshop.config("job-2", allow_formats=["callable"]))
    assert workshop.result("job-2")["status"] == "succeeded"


def test_only_the_first_of_several_processes_publishes(workshop: Workshop) -> None:
    workshop.code("""
        def train(context):
            assert (context.rank, context.world_size) == (1, 2)
            context.save(None, sample=None)
    """)

    ended = workshop.train(env={"PET_NODE_RANK": "1", "PET_NNODES": "2"})

    assert not (workshop.control / "runs/job-1/result.json").exists()
    assert ended.output == ""


def test_a_platform_that_names_folders_gets_the_model_there_too(workshop: Workshop, tmp_path: Path) -> None:
    model, data = tmp_path / "model", tmp_path / "elsewhere"
    data.mkdir()
    (data / "a.csv").write_text("x\n1\n2\n")
    workshop.code("""
        def double(columns):
            return columns["x"] * 2.0

        def train(context):
            assert context.hyperparameters == {"depth": 3, "rate": 0.1}
            rows = {"x": context.read("rows")["x"].astype(float)}
            context.save(double, sample=rows, opt_in="callable")
    """)
    env = {
        "SM_MODEL_DIR": str(model),
        "SM_CHANNEL_ROWS": str(data),
        "SM_HPS": '{"depth": 3}',
        "SM_CURRENT_HOST": "algo-1",
    }
    config = workshop.config(inputs={"rows": {"uri": "s3://bucket/rows"}}, hyperparameters={"depth": 1, "rate": 0.1})

    ended = workshop.train(config, env)

    assert ended.status == 0, ended.output
    assert load_model(model, workshop.result()["model"]).predict({"x": np.array([4.0])}).prediction.tolist() == [8.0]


def test_an_input_is_a_path_that_readers_take(workshop: Workshop) -> None:
    workshop.code("""
        import duckdb, pandas

        def train(context):
            path = context.inputs["rows"]
            frame = pandas.read_parquet(path)
            counted = duckdb.execute(f"SELECT count(*) FROM '{path}/*.parquet'").fetchone()
            raise ValueError((len(frame), counted, [file.name for file in path.files], str(path) == path))
    """)
    workshop.parquet("a.parquet", PLANTED)

    workshop.train(workshop.config(inputs={"rows": {"uri": workshop.data.as_uri()}}))

    assert workshop.result()["error"]["message"] == "(1000, (1000,), ['a.parquet'], True)"
