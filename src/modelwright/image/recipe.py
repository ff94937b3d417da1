"""From what a project declares to an image: its three layers, each kept by what it is made of, on its base."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from modelwright.errors import IntegrityError, UsageError
from modelwright.image import dependencies, package, project_files
from modelwright.image.blobs import BlobFolder, Descriptor, room_in
from modelwright.image.build import Base, Built, put_together
from modelwright.image.downloads import Wheelhouse, sha256_of
from modelwright.image.layers import Entry, Layer, write_layer
from modelwright.image.locks import Lock, read_lock
from modelwright.image.target import Target

_FORMAT = 1
"""Counted up when the same files would make other layers."""
LOCKS = ("requirements.lock", "requirements.txt")
"""The files that are looked for when none is named."""
Step = Callable[[str, str], None]
"""Is told what begins: the layer's title, and what is done to it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What goes into an image: the project's folder, its lock, the patterns of its files, and variables."""

    folder: Path
    target: Target
    requirements: str | tuple[str, ...] | None = None
    """The lock: a file in the folder, or its lines; None takes a file of `LOCKS` if there is one."""
    include: tuple[str, ...] = ("**/*.py",)
    exclude: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


class Kitchen:
    """Builds images, and keeps in a folder what it has made: wheels, layers, and which files each was made of."""

    def __init__(self, folder: Path) -> None:
        self.blobs = BlobFolder(folder / "blobs")
        self._made = folder / "layers"
        self._wheels = Wheelhouse(folder)

    def check(self, recipe: Recipe) -> None:
        """Raise what is wrong with the project's own part of an image, before anybody is asked for anything."""
        project_files.project_files(recipe.folder, recipe.include, recipe.exclude)
        _lock(recipe)

    def build(self, recipe: Recipe, base: Base, *, step: Step = lambda *_: None) -> Built:
        """Build an image. Raises what is wrong with the lock, the wheels or the files; nothing is left half made."""
        files = project_files.project_files(recipe.folder, recipe.include, recipe.exclude)
        layers: list[tuple[Layer, bool]] = []
        notes = [f"left out: {one}" for one in files.left_out]
        lock = _lock(recipe)
        if lock is not None:
            layer, reused, told = self._dependencies(lock, recipe.target, step)
            layers.append((layer, reused))
            notes += told
        notes += _lacking(lock, recipe.target)
        layers += [
            self._kept(package.TITLE, package.package_entries(), step),
            self._kept(project_files.TITLE, list(files.entries), step),
        ]
        built = put_together(
            base,
            [layer for layer, _ in layers],
            platform=recipe.target.platform,
            env=recipe.env,
            labels=recipe.labels,
        )
        return replace(built, notes=tuple(notes), reused=frozenset(layer.title for layer, kept in layers if kept))

    def _dependencies(self, lock: Lock, target: Target, step: Step) -> tuple[Layer, bool, tuple[str, ...]]:
        step(dependencies.TITLE, "bringing wheels")
        wheels = self._wheels.bring(lock, target)
        extras = {name: sorted(pin.extras) for name, pin in sorted(lock.pins.items())}
        key = [
            dependencies.TITLE,
            target.python,
            target.machine,
            extras,
            [sha256_of(wheels[name]) for name in sorted(wheels)],
        ]
        kept = self._find(key)
        if kept is not None:
            return Layer(dependencies.TITLE, *kept[:2]), True, kept[2]
        step(dependencies.TITLE, "writing the layer")
        layer, notes = dependencies.dependencies_layer(wheels, lock, target, self.blobs)
        self._note(key, layer, notes)
        return layer, False, notes

    def _kept(self, title: str, entries: list[Entry], step: Step) -> tuple[Layer, bool]:
        before = package.fingerprint(entries)
        key = [title, before]
        kept = self._find(key)
        if kept is not None:
            return Layer(title, *kept[:2]), True
        step(title, "writing the layer")
        layer = write_layer(title, entries, self.blobs)
        if package.fingerprint(entries) == before:  # else a file was written to in between
            self._note(key, layer, ())
        return layer, False

    def _find(self, key: list[Any]) -> tuple[Descriptor, str, tuple[str, ...]] | None:
        """Return a layer that was made of the same files, if its bytes are still its own."""
        path = self._path(key)
        try:
            document = json.loads(path.read_bytes())
            blob = Descriptor.from_json(document["blob"], str(path))
            found = blob, str(document["diff_id"]), tuple(map(str, document["notes"]))
        except (OSError, ValueError, KeyError, TypeError, IntegrityError):
            return None
        return found if self.blobs.verified(blob) else None

    def _note(self, key: list[Any], layer: Layer, notes: tuple[str, ...]) -> None:
        path = self._path(key)
        document = {"blob": layer.blob.to_json(), "diff_id": layer.diff_id, "notes": notes}
        with room_in(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".tmp-{layer.blob.digest[7:]}")
            temporary.write_text(json.dumps(document))
            temporary.replace(path)

    def _path(self, key: list[Any]) -> Path:
        text = json.dumps([_FORMAT, zlib.ZLIB_RUNTIME_VERSION, *key])
        return self._made / f"{hashlib.sha256(text.encode()).hexdigest()}.json"


def _lock(recipe: Recipe) -> Lock | None:
    """Return the lock of a recipe, without modelwright: it is a layer of its own. None where there is no lock."""
    found = _lock_text(recipe)
    if found is None:
        return None
    where, text = found
    lock = read_lock(text, recipe.target, where)
    return replace(lock, pins={name: pin for name, pin in lock.pins.items() if name != package.NAME})


def _lock_text(recipe: Recipe) -> tuple[str, str] | None:
    if isinstance(recipe.requirements, tuple):
        return "image.requirements", "\n".join(recipe.requirements)
    names = (
        [recipe.requirements] if recipe.requirements else [name for name in LOCKS if (recipe.folder / name).is_file()]
    )
    for name in names:
        path = recipe.folder / name
        try:
            return name, path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{name} cannot be read", where="image.requirements", remedy="name a lock file") from error
    return None


def _lacking(lock: Lock | None, target: Target) -> list[str]:
    """Say what modelwright needs and the lock lacks: an image that only serves may do without some of it."""
    from packaging.utils import canonicalize_name

    pins = lock.pins if lock is not None else {}
    needed = {canonicalize_name(one.name) for one in dependencies.needs(package.package_requires(), target)}
    missing = sorted(needed - set(pins))
    told = f"the lock lacks {', '.join(missing)}, which modelwright uses; unless the base has it, lock modelwright too"
    return [told] if missing else []
