"""Bringing a built image somewhere: to a repository of a registry, or into a layout folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import IO, Literal

from modelwright.image.blobs import BlobFolder, Descriptor
from modelwright.image.build import Built
from modelwright.image.layout import Layout
from modelwright.image.manifests import Source
from modelwright.image.registry import Repository

How = Literal["there", "mounted", "pushed", "copied"]
Told = Callable[[str, How], None]
"""Is told of each blob that is at its place: the layer's title, and how it came there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How the layers of an image came to a place, by their digests."""

    digest: str
    how: dict[str, How]


def push(
    built: Built, own: BlobFolder, base: Source, to: Repository, *, tag: str = "", told: Told = lambda *_: None
) -> Sent:
    """Push an image, the manifest last: nobody ever sees half an image.

    The base's layers are mounted where the registry has them, else copied through `own`, verified on their way.
    """
    how: dict[str, How] = {}
    for number, blob in enumerate(built.base.image.layers, start=1):
        how[blob.digest] = _copied(to.add(blob, partial(_fetched, blob, own, base)))
        told(f"base {number}", how[blob.digest])
    for layer in built.layers:
        how[layer.blob.digest] = to.add(layer.blob, partial(own.open, layer.blob))
        told(layer.title, how[layer.blob.digest])
    config = own.add_bytes(built.config, built.config_blob.media_type)
    to.add(config, partial(own.open, config))
    return Sent(to.add_manifest(built.manifest, tag), how)


def write_layout(
    built: Built, own: BlobFolder, base: Source, to: Layout, *, tag: str = "", told: Told = lambda *_: None
) -> Sent:
    """Write an image into a layout folder, its index last."""
    how: dict[str, How] = {}
    for number, blob in enumerate(built.base.image.layers, start=1):
        how[blob.digest] = _laid(to, blob, base)
        told(f"base {number}", how[blob.digest])
    for layer in built.layers:
        how[layer.blob.digest] = _laid(to, layer.blob, own)
        told(layer.title, how[layer.blob.digest])
    to.blobs.add_bytes(built.config, built.config_blob.media_type)
    return Sent(to.add_manifest(built.manifest, tag).digest, how)


def _copied(how: How) -> How:
    return "copied" if how == "pushed" else how


def _fetched(blob: Descriptor, own: BlobFolder, base: Source) -> AbstractContextManager[IO[bytes]]:
    """Open a blob of the base, brought here and verified first."""
    if not own.verified(blob):
        with base.reading(blob) as stream:
            own.add(stream, blob, base.where)
    return own.open(blob)


def _laid(to: Layout, blob: Descriptor, source: Source | BlobFolder) -> How:
    if to.blobs.verified(blob):
        return "there"
    with source.reading(blob) as stream:
        to.blobs.add(stream, blob, source.where)
    return "copied"
