"""An image put together: the layers of a base, ours above them, and the config and manifest that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelwright.image.blobs import Descriptor, digest_of
from modelwright.image.layers import Layer
from modelwright.image.manifests import CONFIG, MANIFEST, Image, Platform, encoded

ROOT = "opt/modelwright"
"""Where our layers lie in an image; a base has nothing there."""
PACKAGES = f"{ROOT}/packages"
PROGRAMS = f"{ROOT}/bin"
CODE = f"{ROOT}/project"
USER = "65532:65532"
"""Nobody in particular: a number, because Kubernetes can tell of a number alone that it is not root."""
ENTRYPOINT = ("python3", "-m", "modelwright.workload")
_CREATED = "1980-01-01T00:00:00Z"
_USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BASE = "org.opencontainers.image.base"
_BY = "modelwright image build"


@dataclass(frozen=True, slots=True)
class Base:
    """What an image stands on: the base's name, its digest as it was pinned, and the image itself."""

    name: str
    digest: str
    image: Image


@dataclass(frozen=True, slots=True)
class Built:
    """An image as it was put together: the manifest, the config, and which layers are the base's and ours."""

    manifest: bytes
    config: bytes
    base: Base
    layers: tuple[Layer, ...]
    notes: tuple[str, ...] = ()
    reused: frozenset[str] = field(default_factory=frozenset)
    """Titles of the layers that were found where an earlier build had left them."""

    @property
    def digest(self) -> str:
        """The image's digest: by it platforms name the image."""
        return digest_of(self.manifest)

    @property
    def config_blob(self) -> Descriptor:
        """The config's descriptor."""
        return Descriptor(CONFIG, digest_of(self.config), len(self.config))


def put_together(
    base: Base, layers: Sequence[Layer], *, platform: Platform, env: Mapping[str, str], labels: Mapping[str, str]
) -> Built:
    """Return the image of a base with these layers above it."""
    config = encoded(_config(base.image, layers, platform, env, labels))
    blob = Descriptor(CONFIG, digest_of(config), len(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": blob.to_json(),
        "layers": [layer.to_json() for layer in (*base.image.layers, *(one.blob for one in layers))],
        "annotations": {f"{_BASE}.digest": base.digest, f"{_BASE}.name": base.name},
    }
    return Built(encoded(manifest), config, base, tuple(layers))


def _config(
    base: Image, layers: Sequence[Layer], platform: Platform, env: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    below = dict(base.config.get("config") or {})
    run = {
        **{name: below[name] for name in ("Labels", "StopSignal", "Volumes", "ExposedPorts") if below.get(name)},
        "User": USER,
        "WorkingDir": f"/{CODE}",
        "Entrypoint": list(ENTRYPOINT),
        "Env": [f"{name}={value}" for name, value in sorted(_environment(below, env).items())],
    }
    if labels:
        run["Labels"] = {**run.get("Labels", {}), **labels}
    ours = [{"created": _CREATED, "created_by": f"{_BY}: {layer.title}"} for layer in layers]
    return {
        "created": _CREATED,
        "os": platform.os,
        "architecture": platform.architecture,
        **{name: base.config[name] for name in ("variant", "os.version") if base.config.get(name)},
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [*base.diff_ids, *(layer.diff_id for layer in layers)]},
        "history": [*(base.config.get("history") or []), *ours],
    }


def base_environment(base: Image) -> dict[str, str]:
    """Return the environment variables that a base sets."""
    found = (base.config.get("config") or {}).get("Env") or []
    return dict(entry.split("=", 1) for entry in found if "=" in entry)


def _environment(below: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the image's processes: the base's, ours, and above all the project's."""
    inherited = dict(entry.split("=", 1) for entry in below.get("Env") or [] if "=" in entry)
    ours = {
        "PATH": f"/{PROGRAMS}:{inherited.get('PATH', _USUAL_PATH)}",
        "PYTHONPATH": f"/{CODE}:/{PACKAGES}",
        "PYTHONDONTWRITEBYTECODE": "1",  # the root is read-only
        "PYTHONUNBUFFERED": "1",
    }
    return {**inherited, **ours, **env}
