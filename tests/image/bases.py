"""Base images of the tests, as layout folders: a handful of bytes, which is enough for most questions."""

from __future__ import annotations

from pathlib import Path

from modelwright.image.blobs import BlobFolder
from modelwright.image.build import Base
from modelwright.image.layers import Entry, Layer, write_layer
from modelwright.image.layout import Layout, open_layout
from modelwright.image.manifests import CONFIG, MANIFEST, Platform, encoded, read_image

LINUX = Platform("linux", "amd64")


def write_base(folder: Path, layers: list[Layer], blobs: BlobFolder, **config: object) -> tuple[Layout, str]:
    """Write a base image with these layers into a layout folder, and return it with its digest."""
    layout = open_layout(folder)
    for layer in layers:
        with blobs.reading(layer.blob) as stream:
            layout.blobs.add(stream, layer.blob, "a layer")
    document = {
        "os": "linux",
        "architecture": "amd64",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }
    blob = layout.blobs.add_bytes(encoded(document), CONFIG)
    parts = [layer.blob.to_json() for layer in layers]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blob.to_json(), "layers": parts}
    return layout, layout.add_manifest(encoded(manifest), "base").digest


def small_base(folder: Path) -> tuple[Layout, Base]:
    """Return a base of one layer with two files."""
    blobs = BlobFolder(folder / "own")
    entries = [Entry.of_bytes("etc/name", b"base\n"), Entry.of_bytes("bin/run", b"#!/bin/sh\n", executable=True)]
    layout, digest = write_base(folder / "base", [write_layer("base", entries, blobs)], blobs, Env=["A=1", "PATH=/p"])
    return layout, Base("example.org/base", digest, read_image(layout, digest, LINUX))
