"""terraform and its provider of local files, built from the Go module proxy where the registry cannot be reached."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.environments import PEERS, MissingError
from bench.process import environment

MODULE = "github.com/terraform-providers/terraform-provider-local@v1.4.0"


@dataclass(frozen=True, slots=True)
class Terraform:
    """The program, and the variables that tell it where its provider lies."""

    program: str
    variables: dict[str, str]
    provider: str

    def version(self) -> str:
        """Return the versions of both."""
        said = subprocess.run(
            [self.program, "version"], check=True, capture_output=True, text=True, env=environment(**self.variables)
        ).stdout
        return f"{said.splitlines()[0]} with {self.provider}"

    def prepare(self, folder: Path) -> None:
        """Run `terraform init` where it is needed. Raises `MissingError`."""
        if "TF_CLI_CONFIG_FILE" not in self.variables:
            done = subprocess.run(
                [self.program, "init", "-no-color"],
                cwd=folder,
                capture_output=True,
                text=True,
                env=environment(),
                check=False,
            )
            if done.returncode:
                raise MissingError(done.stderr.strip()[-200:])


def found() -> Terraform:
    """Return terraform with a provider. Raises `MissingError` where one of the two cannot be had."""
    program = shutil.which("terraform")
    if program is None:
        raise MissingError("terraform is not on PATH")
    folder = PEERS / "terraform"
    folder.mkdir(parents=True, exist_ok=True)
    binary = folder / "bin" / "terraform-provider-local"
    if not binary.exists() and not _initialised(program, folder):
        _build(folder)
    if not binary.exists():
        return Terraform(program, {}, "hashicorp/local of the registry")
    config = folder / "cli.tfrc"
    config.write_text(
        f'provider_installation {{\n  dev_overrides {{ "hashicorp/local" = "{binary.parent}" }}\n  direct {{}}\n}}\n'
    )
    variables = {"TF_CLI_CONFIG_FILE": str(config), "CHECKPOINT_DISABLE": "1"}
    return Terraform(program, variables, f"{MODULE.rpartition('/')[2]}, built from the Go module proxy")


def _initialised(program: str, folder: Path) -> bool:
    trial = folder / "trial"
    trial.mkdir(exist_ok=True)
    (trial / "main.tf").write_text(
        'terraform {\n  required_providers {\n    local = { source = "hashicorp/local" }\n  }\n}\n'
    )
    done = subprocess.run(
        [program, "init", "-no-color"], cwd=trial, capture_output=True, check=False, env=environment()
    )
    return done.returncode == 0


def _build(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise MissingError("terraform's registry cannot be reached, and there is no go to build hashicorp/local")
    variables = {**os.environ, "GOBIN": str(folder / "bin")}
    done = subprocess.run([go, "install", MODULE], capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        raise MissingError(f"hashicorp/local cannot be built: {done.stderr.strip()[-200:]}")
