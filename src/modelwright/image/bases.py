"""What an image stands on: named by digest, in a registry or in a layout folder."""

from __future__ import annotations

import re
from pathlib import Path

from modelwright.errors import ModelwrightError, UsageError
from modelwright.image.build import Base, base_environment
from modelwright.image.credentials import CredentialSource
from modelwright.image.layout import Layout
from modelwright.image.manifests import Source, read_image
from modelwright.image.reference import Reference
from modelwright.image.registry import Repository
from modelwright.image.target import Target

_LAYOUT = "oci:"
_WHERE = "image.base"


def find_base(
    name: str, target: Target, *, credentials: CredentialSource, plain_http: bool | None = None
) -> tuple[Source, Base]:
    """Return where a base is read from, and the base.

    `name` is `registry/repository@sha256:…` or `oci:folder@sha256:…`. Raises `UsageError` for a base that is not pinned
    (its remedy says today's digest), or whose Python is another one.
    """
    told, _, digest = name.partition("@")
    if told.startswith(_LAYOUT):
        source: Source = Layout(Path(told.removeprefix(_LAYOUT)))
        repository = None
    else:
        reference = Reference.parse(name)
        digest = reference.digest
        source = repository = Repository(reference, credentials=credentials, plain_http=plain_http)
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise UsageError(f"{told} is not pinned: two builds could differ", where=_WHERE, remedy=_pin(told, repository))
    image = read_image(source, digest, target.platform)
    _check_python(base_environment(image).get("PYTHON_VERSION", ""), target)
    return source, Base(_spoken(told), digest, image)


def _pin(name: str, repository: Repository | None) -> str:
    """Return what to write instead; a registry that does not answer is no reason to say less."""
    if repository is not None:
        try:
            tag = Reference.parse(name).tag or "latest"
            return f'today it is base="{name}@{repository.digest(tag)}"'
        except ModelwrightError as error:
            return f"pin it by its digest, base={name}@sha256:…; asking for today's failed: {error.message}"
    return "name its digest: oci:folder@sha256:…"


def _check_python(version: str, target: Target) -> None:
    """Compare with the variable that Python's own images set; others say nothing."""
    if version and version.split(".")[:2] != target.python.split("."):
        raise UsageError(
            f"the base has Python {version}, and wheels would be chosen for {target.python}",
            where=_WHERE,
            remedy=f'Image(python="{".".join(version.split(".")[:2])}"), or another base',
        )


def _spoken(name: str) -> str:
    """Return a base's name as the image tells it: a folder's path says nothing elsewhere."""
    return "layout" if name.startswith(_LAYOUT) else str(Reference.parse(name))
