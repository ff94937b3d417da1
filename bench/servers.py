"""The servers that are compared, each started on one core and ended by its process group."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.environments import Environment
from bench.load import Target
from bench.process import SIDES, environment, run, side

ROW = [round(0.1 * n - 0.5, 3) for n in range(20)]
NAMES = [f"x{n}" for n in range(20)]
SECONDS = 120.0


def free_port() -> int:
    """Return a port that nobody listens on, with two free ones after it in all likelihood."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pinned(core: int) -> list[str]:
    """Return the words before a command that keep it on a core."""
    return ["taskset", "-c", str(core)] if shutil.which("taskset") else []


@contextmanager
def modelwright(ours: Environment, folder: Path, core: int, *, capture: bool = False) -> Iterator[dict[str, Target]]:
    """Train, promote and serve; yield the endpoint's address and, past the router, the server's own."""
    folder.mkdir(parents=True)
    text = (SIDES / "serve_project.py").read_text()
    if capture:
        text = text.replace('champion")', 'champion", capture=1.0)')
    (folder / "project.py").write_text(text)
    shutil.copy(SIDES / "serve_model.py", folder)
    script = str(ours.script("modelwright"))
    try:
        run([*pinned(core), script, "-y", "up"], cwd=folder)
        run([*pinned(core), script, "-y", "train", "bench", "--promote"], cwd=folder)
        endpoint = folder / ".modelwright" / "dev" / "endpoints" / "api"
        address = json.loads((endpoint / "address.json").read_text())
        token = Path(address["token_file"]).read_text().strip()
        ready = json.loads(next(endpoint.glob("v1-r1/ready.json")).read_text())
        headers = {"authorization": f"Bearer {token}"}
        body = {"rows": [dict(zip(NAMES, ROW, strict=True))]}
        yield {
            "routed": Target(address["port"], "/predict", body, headers, _ours),
            "direct": Target(ready["port"], "/predict", body, headers, _ours),
        }
    finally:
        run([script, "-y", "destroy", "--allow-data-loss", "foundation"], cwd=folder)


def _ours(answer: Any) -> float:
    return float(answer["predictions"][0]["probability"])


@contextmanager
def mlflow(peer: Environment, folder: Path, core: int) -> Iterator[dict[str, Target]]:
    """Serve the model twice: bare arrays without a signature, and a frame with names and a signature."""
    side(peer.python, "serve_mlflow.py", folder=str(folder))
    bodies: Mapping[str, Mapping[str, Any]] = {
        "plain": {"inputs": [ROW]},
        "frame": {"dataframe_split": {"columns": NAMES, "data": [ROW]}},
    }
    variables = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PATH": f"{peer.folder / 'bin'}:{os.environ['PATH']}"}
    with ExitStack() as stack:
        found = {}
        for name, body in bodies.items():
            port = free_port()
            given = ["-m", str(folder / name), "--env-manager", "local", "-p", str(port), "-h", "127.0.0.1"]
            command = [*pinned(core), str(peer.script("mlflow")), "models", "serve", *given]
            found[name] = Target(port, "/invocations", body, {}, lambda answer: float(answer["predictions"][0][1]))
            stack.enter_context(_serving(command, folder / f"{name}.log", variables, found[name]))
        yield found


@contextmanager
def mlserver(peer: Environment, folder: Path, core: int) -> Iterator[dict[str, Target]]:
    """Serve the model by the Open Inference Protocol, in MLServer's only mode that starts."""
    port = free_port()
    side(peer.python, "serve_mlserver.py", folder=str(folder), port=port)
    tensor = {"name": "x", "shape": [1, len(ROW)], "datatype": "FP64", "data": ROW}
    body = {"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}
    target = Target(port, "/v2/models/bench/infer", body, {}, lambda answer: float(answer["outputs"][0]["data"][1]))
    command = [*pinned(core), str(peer.script("mlserver")), "start", str(folder)]
    with _serving(command, folder / "server.log", {}, target):
        yield {"plain": target}


@contextmanager
def _serving(command: list[str], log: Path, variables: Mapping[str, str], target: Target) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=environment(**variables), start_new_session=True
        )
    try:
        _await(process, target, log)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: subprocess.Popen[bytes], target: Target, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            target.probability()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > until:
                raise ServerFailedError(f"{error}: {log.read_text()[-400:]}") from error
            time.sleep(0.2)
        else:
            return


class ServerFailedError(Exception):
    """A server did not start; the text is the end of its log."""
