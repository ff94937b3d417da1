"""From a declared image to a built one: what `modelwright image build` does between its options and its answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelwright.cli.progress import Progress
from modelwright.errors import UsageError
from modelwright.image.bases import find_base
from modelwright.image.build import Built
from modelwright.image.credentials import docker_credentials
from modelwright.image.delivery import Sent, push, write_layout
from modelwright.image.layout import open_layout
from modelwright.image.manifests import Platform, Source
from modelwright.image.recipe import Kitchen, Recipe
from modelwright.image.reference import Reference
from modelwright.image.registry import Repository
from modelwright.image.target import Target
from modelwright.spec.image import Image
from modelwright.spec.project import Project

_UNBASED = 'name one, pinned: Image(base="python:3.12-slim@sha256:…"), or --base; modelwright publishes none yet'


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of `image build` ask for."""

    base: str | None
    platform: str
    push: str | None
    layout: str | None
    cache: str | None
    plain_http: bool


@dataclass(frozen=True, slots=True)
class Imaged:
    """A built image and where it is now."""

    built: Built
    target: Target
    image: str | None
    layout: str | None
    sent: Sent | None

    def to_dict(self) -> dict[str, Any]:
        """Return the image as the verb's document holds it."""
        layers = list(self._layers())
        return {
            "digest": self.built.digest,
            "image": self.image,
            "layout": self.layout,
            "platform": str(self.target.platform),
            "python": self.target.python,
            "base": f"{self.built.base.name}@{self.built.base.digest}",
            "size": sum(layer["size"] for layer in layers),
            "layers": layers,
            "notes": list(self.built.notes),
        }

    def _layers(self) -> Iterator[dict[str, Any]]:
        how = self.sent.how if self.sent else {}
        below = self.built.base.image
        for blob, diff_id in zip(below.layers, below.diff_ids, strict=True):
            named = {"title": "base", "digest": blob.digest, "size": blob.size, "diff_id": diff_id}
            yield {**named, "made": "base", "sent": how.get(blob.digest)}
        for layer in self.built.layers:
            named = {"title": layer.title, "digest": layer.blob.digest, "size": layer.blob.size}
            made = "reused" if layer.title in self.built.reused else "built"
            yield {**named, "diff_id": layer.diff_id, "made": made, "sent": how.get(layer.blob.digest)}


def make_image(project: Project, image: Image, folder: Path, wish: Wish, progress: Progress) -> Imaged:
    """Build an image and bring it where the options say."""
    target = Target(Platform.parse(wish.platform), image.python or f"3.{sys.version_info.minor}")
    to = Reference.parse(wish.push) if wish.push else None
    if to is not None and to.digest:
        raise UsageError("an image is pushed by a name and a tag; its digest is what comes of it", where="--push")
    name = wish.base or _from(folder, image.base)
    if name is None:
        raise UsageError("the image has no base", where="image.base", remedy=_UNBASED)
    plain = True if wish.plain_http else None
    kitchen, recipe = Kitchen(_cache(wish)), _recipe(project, image, folder, target)
    kitchen.check(recipe)
    progress("base", "start", "reading its manifest")
    source, base = find_base(name, target, credentials=docker_credentials, plain_http=plain)
    progress("base", "done", base.digest)
    progress("image", "start", "building")
    built = kitchen.build(recipe, base, step=progress.say)
    for layer in built.layers:
        progress(layer.title, "unchanged" if layer.title in built.reused else "done", layer.blob.digest)
    progress("image", "done", built.digest)
    sent = _laid(built, kitchen, source, wish, project.name, progress) if wish.layout else None
    if to is not None:
        sent = _pushed(built, kitchen, source, to, name, plain, progress)
    pushed = str(to.pinned(built.digest)) if to is not None else None
    return Imaged(built, target, pushed, wish.layout, sent)


def _from(folder: Path, base: str | None) -> str | None:
    """Return a declared base; a layout folder is named from the project's folder."""
    if base is None or not base.startswith("oci:"):
        return base
    return f"oci:{folder / base.removeprefix('oci:')}"


def _recipe(project: Project, image: Image, folder: Path, target: Target) -> Recipe:
    plain = {name: value for name, value in image.env.items() if isinstance(value, str)}
    return Recipe(
        folder,
        target,
        requirements=image.requirements,
        include=tuple(image.include),
        exclude=tuple(image.exclude),
        env=plain,  # secrets and given values are set when a process starts, and never stand in an image
        labels={"org.opencontainers.image.title": project.name, **project.labels},
    )


def _laid(built: Built, kitchen: Kitchen, source: Source, wish: Wish, name: str, progress: Progress) -> Sent:
    folder = str(wish.layout)
    progress(folder, "start", "writing")
    sent = write_layout(built, kitchen.blobs, source, open_layout(Path(folder)), tag=name)
    progress(folder, "done")
    return sent


def _pushed(  # the two ends of a push have these parts
    built: Built, kitchen: Kitchen, source: Source, to: Reference, base: str, plain: bool | None, progress: Progress
) -> Sent:
    below = "" if base.startswith("oci:") else Reference.parse(base)
    mounts = below.repository if isinstance(below, Reference) and below.registry == to.registry else ""
    repository = Repository(to, plain_http=plain, writes=True, mounts_from=mounts)
    progress(str(to), "start", "pushing")
    sent = push(
        built,
        kitchen.blobs,
        source,
        repository,
        tag=to.tag,
        told=lambda title, how: progress.say(str(to), f"{title} {how}"),
    )
    progress(str(to), "done")
    return sent


def _cache(wish: Wish) -> Path:
    """Return where wheels and layers are kept between builds, by the rule of freedesktop.org."""
    if wish.cache:
        return Path(wish.cache)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "modelwright" / "images"
