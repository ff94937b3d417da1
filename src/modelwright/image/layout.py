"""An OCI image layout: a folder that holds images without any registry, as skopeo, podman and others read it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from modelwright.errors import IntegrityError, NotFoundError, UsageError
from modelwright.image.blobs import BlobFolder, Descriptor, digest_of, room_in
from modelwright.image.manifests import INDEX, INDEXES, MANIFEST, MANIFESTS, encoded

_VERSION = b'{"imageLayoutVersion":"1.0.0"}'
_REF = "org.opencontainers.image.ref.name"


class Layout:
    """A layout folder, to read images from and to write them to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)
        self.blobs = BlobFolder(folder / "blobs")

    def manifest(self, reference: str) -> tuple[str, bytes]:
        """Return the media type and bytes of a manifest by its digest or tag. Raises `NotFoundError`."""
        for one in self._listed():
            if reference in (one.digest, one.annotations.get(_REF)):
                return one.media_type, self.blobs.path(one.digest).read_bytes()
        path = self.blobs.path(reference) if reference.startswith("sha256:") else None
        if path is None or not path.is_file():
            raise NotFoundError(f"no image {reference}", where=self.where)
        data = path.read_bytes()  # one of an index's: it says itself what it is
        document = json.loads(data) if digest_of(data) == reference else {}
        known = isinstance(document, dict) and document.get("mediaType") in (*MANIFESTS, *INDEXES)
        return (document["mediaType"] if known else MANIFEST), data

    def reading(self, blob: Descriptor) -> AbstractContextManager[Iterator[bytes]]:
        """Give a blob's bytes in pieces."""
        return self.blobs.reading(blob)

    def add_manifest(self, data: bytes, tag: str = "") -> Descriptor:
        """Keep a manifest and list it last, once everything that it names is there; a tag moves to it."""
        blob = self.blobs.add_bytes(data, MANIFEST)
        annotations = {_REF: tag} if tag else {}
        others = [one for one in self._listed() if one.digest != blob.digest and not _has_tag(one, tag)]
        listed = Descriptor(blob.media_type, blob.digest, blob.size, annotations=annotations)
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [one.to_json() for one in [*others, listed]]}
        self._write("oci-layout", _VERSION)
        self._write("index.json", encoded(index))
        return blob

    def _listed(self) -> list[Descriptor]:
        path = self.folder / "index.json"
        if not path.exists():
            return []
        try:
            document = json.loads(path.read_bytes())
            return [Descriptor.from_json(one, self.where) for one in document["manifests"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError("index.json is no index of images", where=self.where) from error

    def _write(self, name: str, data: bytes) -> None:
        with room_in(self.folder):
            handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(temporary).chmod(0o644)
                Path(temporary).replace(self.folder / name)
            finally:
                Path(temporary).unlink(missing_ok=True)


def _has_tag(one: Descriptor, tag: str) -> bool:
    return bool(tag) and one.annotations.get(_REF) == tag


def open_layout(folder: Path) -> Layout:
    """Return the layout in a folder that is one or is empty. Raises `UsageError` for a folder with anything else."""
    with room_in(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "oci-layout").exists() and any(one.name != "blobs" for one in folder.iterdir()):
        raise UsageError("this folder holds something else", where=str(folder), remedy="name an empty or a new folder")
    return Layout(folder)
