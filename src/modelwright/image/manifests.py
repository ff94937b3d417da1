"""Manifests, indexes and configs of images, read with suspicion: each is what its digest says, and has its parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from modelwright.errors import IntegrityError, NotFoundError, UsageError
from modelwright.image.blobs import Descriptor, check_digest, digest_of
from modelwright.image.layers import LAYER

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
_DOCKER = "application/vnd.docker.distribution.manifest"
MANIFESTS = (MANIFEST, f"{_DOCKER}.v2+json")
INDEXES = (INDEX, f"{_DOCKER}.list.v2+json")
LARGEST = 4 << 20
"""Bytes of a manifest or config: registries take no larger manifest."""
_SAME_LAYERS = {"application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER}
"""What Docker calls a layer, and the standard's name for the same bytes."""
_LAYERS = frozenset({LAYER, "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd"})


class Source(Protocol):
    """Where an image is read from: a repository of a registry, or a layout folder."""

    where: str

    def manifest(self, reference: str) -> tuple[str, bytes]:
        """Return the media type and the bytes of a manifest by its digest or tag."""
        ...

    def reading(self, blob: Descriptor) -> AbstractContextManager[Iterator[bytes]]:
        """Give a blob's bytes in pieces; whoever takes them verifies them."""
        ...


@dataclass(frozen=True, slots=True)
class Platform:
    """A machine that an image is for, as Go spells it: linux/amd64, linux/arm64."""

    os: str = "linux"
    architecture: str = "amd64"

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read `linux/amd64`. Raises `UsageError` for platforms that nothing is built for."""
        if text not in ("linux/amd64", "linux/arm64"):
            raise UsageError(f"no image is built for {text!r}", remedy="one of: linux/amd64, linux/arm64")
        return cls(*text.split("/"))

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True, slots=True)
class Image:
    """An image that was read: its digest, its layers with the digests of their tar files, and its config."""

    digest: str
    layers: tuple[Descriptor, ...]
    diff_ids: tuple[str, ...]
    config: Mapping[str, Any]


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return a document as the same bytes whenever it says the same."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def read_image(source: Source, reference: str, platform: Platform) -> Image:
    """Read the image for a platform. Raises `IntegrityError` for bytes that are not what their digest says."""
    media_type, data = source.manifest(reference)
    if reference.startswith("sha256:") and digest_of(data) != reference:
        raise IntegrityError(f"the manifest is not {reference}", where=source.where)
    document = _object(data, source.where)
    if document.get("mediaType", media_type) in INDEXES:
        chosen = _for_platform(document, platform, source.where)
        return read_image(source, chosen.digest, platform)
    if document.get("mediaType", media_type) not in MANIFESTS:
        raise IntegrityError(f"{media_type} is no image manifest", where=source.where)
    return _image(source, data, document, platform)


def _image(source: Source, data: bytes, document: Mapping[str, Any], platform: Platform) -> Image:
    config = _config(source, document)
    layers = tuple(_layer(layer, source.where) for layer in _list(document, "layers", source.where))
    diff_ids = tuple((config.get("rootfs") or {}).get("diff_ids") or ())
    if len(diff_ids) != len(layers):
        raise IntegrityError(f"{len(layers)} layers, and {len(diff_ids)} of them in the config", where=source.where)
    for diff_id in diff_ids:
        check_digest(diff_id, source.where)
    found = Platform(str(config.get("os")), str(config.get("architecture")))
    if found != platform:
        raise UsageError(f"the image is for {found}, not for {platform}", where=source.where)
    return Image(digest_of(data), layers, diff_ids, config)


def _config(source: Source, document: Mapping[str, Any]) -> dict[str, Any]:
    blob = Descriptor.from_json(_part(document, "config", source.where), source.where)
    if blob.size > LARGEST:
        raise IntegrityError(f"a config of {blob.size:,} bytes", where=source.where)
    with source.reading(blob) as stream:
        data = b"".join(stream)
    if digest_of(data) != blob.digest:
        raise IntegrityError(f"the config is not {blob.digest}", where=source.where)
    return _object(data, source.where)


def _layer(document: Mapping[str, Any], where: str) -> Descriptor:
    found = Descriptor.from_json(document, where)
    media_type = _SAME_LAYERS.get(found.media_type, found.media_type)
    if media_type not in _LAYERS:
        raise UsageError(f"a layer of type {found.media_type} cannot be passed on", where=where)
    return Descriptor(media_type, found.digest, found.size)


def _for_platform(document: Mapping[str, Any], platform: Platform, where: str) -> Descriptor:
    found = [Descriptor.from_json(one, where) for one in _list(document, "manifests", where)]
    for one in found:
        if (one.platform.get("os"), one.platform.get("architecture")) == (platform.os, platform.architecture):
            return one
    known = sorted({f"{one.platform.get('os')}/{one.platform.get('architecture')}" for one in found if one.platform})
    raise NotFoundError(f"no image for {platform}", where=where, remedy=f"there are: {', '.join(known) or 'none'}")


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise IntegrityError("a manifest or config is no JSON", where=where) from error
    if not isinstance(document, dict):
        raise IntegrityError("a manifest or config is no JSON object", where=where)
    return document


def _part(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    part = document.get(name)
    if not isinstance(part, dict):
        raise IntegrityError(f"the manifest has no {name}", where=where)
    return part


def _list(document: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    parts = document.get(name)
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise IntegrityError(f"the manifest has no {name}", where=where)
    return parts
