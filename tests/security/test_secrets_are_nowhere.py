"""Secrets in every field that takes one, a life full of accidents, and a search of everything that came of it.

A server has the secrets of its endpoint in its environment, because that is what the project asks for. They may stand
nowhere else: not in what any verb prints, not in any file, not in another process. The endpoint's token stands in its
token file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from tests.cli.shells import Said, call
from tests.security.finder import CANARIES, Search
from tests.security.leaky import PROJECT, write_leaky
from tests.serving.serving_kit import ask

from modelwright import Secret, TrainingJob
from modelwright.adapters.local.driver import processes
from modelwright.cli.group import root
from modelwright.errors import InvalidProjectError

SECRETS = {**CANARIES, "hook": "https://hooks.test/T0/9f7Kq9Zt2Lw8Xv5", "key": "kms 8f7Kq9Zt2Lw8Xv5 'x'"}
ARGUMENTS = {
    "outputs": ["api"],
    "train": ["train-raises"],
    "runs show": ["train-raises-1"],
    "runs logs": ["train-raises-1"],
    "runs cancel": ["train-raises-1"],
    "evaluate": ["leaky:1"],
    "model show": ["leaky:1"],
    "model register": ["train-good-1"],
    "model approve": ["leaky:1"],
    "model reject": ["leaky:9"],
    "model promote": ["leaky:1"],
    "model copy": ["leaky:1"],
    "model history": ["leaky"],
    "endpoint invoke": ["api", "--data", '[{"id": 1, "x": 500.0}]'],
    "endpoint traffic": ["api"],
    "endpoint rollback": ["api"],
    "endpoint retire": ["bad"],
    "endpoint logs": ["api"],
    "endpoint history": ["api"],
    "batch": ["api"],
    "operate": ["--once"],
    "ledger log": ["endpoint/bad"],
    "explain": ["endpoint.env"],
    "completion": ["bash"],
}
LEFT_OUT = {"demo", "destroy"}  # a project of its own; the end of this one, which comes last


@dataclass
class Life:
    folder: Path
    outside: Path
    environment: dict[str, str]
    said: list[tuple[str, Said]] = field(default_factory=list)

    def do(self, *arguments: str) -> Said:
        with pytest.MonkeyPatch.context() as patch:
            for name, content in self.environment.items():
                patch.setenv(name, content)
            said = call(*arguments, folder=self.folder)
        self.said.append((" ".join(arguments), said))
        return said

    @property
    def state(self) -> Path:
        return self.folder / ".modelwright/dev"

    def token(self, endpoint: str = "api") -> str:
        return (self.state / "endpoints" / endpoint / "token").read_text()

    def ask(self, x: float) -> Any:
        port = json.loads((self.state / "endpoints/api/address.json").read_bytes())["port"]
        headers = {"authorization": f"Bearer {self.token()}"}
        return ask(port, "/predict", {"rows": [{"id": 1, "x": x}]}, headers=headers)

    def process(self, endpoint: str, variant: str = "") -> processes.Identity:
        name = "server" if variant else "router"
        found = processes.identity(self.state / "endpoints" / endpoint / variant, name)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Apply, train, fail to train, serve, fail to serve, fail to answer."""
    top = tmp_path_factory.mktemp("secrets")
    outside = top / "outside"
    (outside / "tmp").mkdir(parents=True)
    surroundings = {"HOME": str(outside), "TMPDIR": str(outside / "tmp"), "MODELWRIGHT_ENVIRONMENT": "dev"}
    given = {f"MODELWRIGHT_SECRET_{name.upper()}": content for name, content in SECRETS.items()}
    found = Life(write_leaky(top / "project"), outside, {**surroundings, **given})
    assert found.do("up").status == 0
    said = found.do("train", "train-good", "--promote")
    assert said.status == 0, said.err
    for job in ("train-raises", "train-dies"):
        assert found.do("train", job, "--debug").status != 0
    assert found.do("train", "train-odd", "--promote").status != 0
    yield found
    found.do("destroy", "--yes", *(word for name in ("lake", "foundation") for word in ("--allow-data-loss", name)))


@pytest.fixture(scope="module")
def asked(life: Life) -> Life:
    """Call every verb in every mode after accidents of every kind."""
    assert life.ask(1.0).status == 200
    assert life.ask(2000.0).status == 422
    failed = life.ask(500.0)
    assert failed.status == 500
    life.said.append(("POST /predict", Said(500, failed.body.decode(), str(failed.headers))))
    life.do("endpoint", "invoke", "api", "--json", "--data", '[{"id": 1, "x": 2000.0}]')
    for verb in _verbs():
        for mode in ([], ["--json"], ["--debug"]):
            life.do(*verb.split(), *ARGUMENTS.get(verb, []), *mode)
    for environment in ("prod", "nowhere"):
        for verb in ("validate", "compile", "preview", "up"):
            life.do(verb, "-e", environment, "--debug")
    return life


def _verbs() -> list[str]:
    group = root()
    context = click.Context(group)
    names: list[str] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.list_commands(context) if isinstance(command, click.Group) else []
        names += [f"{name} {verb}" for verb in inner] or [name]
    return [name for name in names if name not in LEFT_OUT]


def _was_bad(asked: Life) -> None:
    """Assert that each accident really carried a secret to the place where it is searched for."""
    said = dict(asked.said)
    assert "no data: cannot reach" in said["train train-raises --debug"].err
    assert "exit status 3" in said["train train-dies --debug"].err
    assert "cannot log in with" in said["train train-odd --promote"].err
    assert "500 is too much for" in said["POST /predict"].out
    assert "500 is too much for" in next(found for command, found in asked.said if "500.0" in command).err
    refused = [found for command, found in asked.said if "2000.0" in command]
    assert [found.document["diagnostics"][-1]["code"] for found in refused] == ["MW2210"]
    result = json.loads((asked.state / "control/runs/train-raises-1/result.json").read_bytes())
    assert "RuntimeError" in result["error"]["traceback"]
    assert "db://me:[secret]@host" in result["error"]["message"]
    assert "500 is too much for [secret]" in (asked.state / "endpoints/api/endpoint.log").read_text()


def test_every_field_that_takes_a_secret_has_one_in_the_project() -> None:
    schema = json.dumps(json.loads(call("schema").out))
    takes = schema.count('"$secret": {"type": "string"}')
    planted = ("TRAIN_KEY", "SERVE_KEY", "IMAGE_KEY", "Webhook(Secret", "encryption_key=Secret")
    assert all(field in PROJECT for field in planted)
    assert takes == len(planted), "another field takes a secret: plant one there too"


def test_secrets_stand_in_the_servers_environment_and_nowhere_else(asked: Life) -> None:
    _was_bad(asked)
    tokens = {f"token of {name}": asked.token(name) for name in ("api", "bad")}
    search = Search({**SECRETS, **tokens})
    for command, said in asked.said:
        search.text(f"output of {command!r}", said.out)
        search.text(f"errors of {command!r}", said.err)
    search.tree(asked.folder)
    search.tree(asked.outside)
    search.process("the router of api", asked.process("api").pid)
    search.process("the server of api", asked.process("api", "v1-r1").pid)
    print("searched:", *search.searched, sep="\n")  # noqa: T201  # shown where the test fails, or with -s
    for kind in (".html", ".jsonl.gz", "result.json", "endpoint.log", "platform.json", "measures.sqlite", "log.txt"):
        assert any(kind in place for place in search.searched), f"there was no {kind} to search"
    for name in ("train", "hook", "key"):
        assert search.places(name) == set()
    for name in ("serve", "image"):
        assert search.places(name) == {"environ of the server of api"}
    for name in ("api", "bad"):
        assert search.places(f"token of {name}") == {f"project/.modelwright/dev/endpoints/{name}/token"}
        assert (asked.state / "endpoints" / name / "token").stat().st_mode & 0o777 == 0o600


def test_a_secret_among_hyperparameters_which_are_recorded_is_refused() -> None:
    with pytest.raises(InvalidProjectError, match=r"hyperparameters\.key.* recorded with every run"):
        TrainingJob("train-it", entrypoint="training.py:train", hyperparameters={"key": Secret("train")})


CONSOLE = [sys.executable, "-c", "from modelwright.cli.main import main; main()"]


@pytest.mark.parametrize("mode", [[], ["--json"], ["--debug"]], ids=["text", "json", "debug"])
def test_a_projects_own_code_cannot_print_a_secret_through_us(tmp_path: Path, mode: list[str]) -> None:
    (tmp_path / "project.py").write_text(
        "import os, sys, base64\n"
        "key = os.environ['MODELWRIGHT_SECRET_SERVE']\n"
        "print(key, base64.b64encode(b'user:' + key.encode()).decode())\n"
        "raise RuntimeError(f'cannot log in as {key!r}')\n"
    )
    environment = {"PATH": "", "TMPDIR": str(tmp_path), "MODELWRIGHT_SECRET_SERVE": SECRETS["serve"]}
    done = subprocess.run(
        [*CONSOLE, "validate", *mode], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert b"cannot log in as" in done.stderr
    search = Search(SECRETS)
    search.text("output", done.stdout)
    search.text("errors", done.stderr)
    search.tree(tmp_path)
    assert search.found == set()
