"""Wheels for the tests: planted ones from a few files, and whole ones put together from what is installed here."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath


def record_line(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"{name},sha256={digest},{len(data)}"


def write_wheel(
    folder: Path,
    name: str,
    files: Mapping[str, str | bytes],
    *,
    version: str = "1.0",
    tag: str = "py3-none-any",
    record: str | None = None,
    requires: tuple[str, ...] = (),
    executable: tuple[str, ...] = (),
) -> Path:
    """Write a wheel; `record` replaces what RECORD would truly say."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    whole: dict[str, bytes] = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        **{path: data.encode() if isinstance(data, str) else data for path, data in files.items()},
    }
    lines = [record_line(path, data) for path, data in whole.items()] + [f"{info}/RECORD,,"]
    whole[f"{info}/RECORD"] = ("\n".join(lines) + "\n" if record is None else record).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, data in whole.items():
            entry = zipfile.ZipInfo(inside, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if inside in executable else 0o100644) << 16
            archive.writestr(entry, data)
    return path


def installed_wheel(folder: Path, name: str) -> Path:
    """Put an installed distribution together as the wheel that it came from; nothing is compressed, for speed."""
    found = distribution(name)
    info = f"{str(found.name).replace('-', '_')}-{found.version}.dist-info"
    tags = [line.split(": ")[1] for line in (found.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")]
    first = tags[0].rsplit("-", 1)[0]
    tag = f"{first}-{'.'.join(one.rsplit('-', 1)[1] for one in tags)}" if len(tags) > 1 else tags[0]
    files: dict[str, bytes] = {}
    for one in found.files or []:
        path = PurePosixPath(one)
        made = path.name in {
            "INSTALLER",
            "REQUESTED",
            "direct_url.json",
            "RECORD",
            "METADATA",
            "WHEEL",
            "uv_cache.json",
        }
        if ".." in path.parts or "__pycache__" in path.parts or "tests" in path.parts:
            continue
        if not (made and path.parts[0].endswith(".dist-info")):
            files[str(one)] = Path(str(one.locate())).read_bytes()
    metadata = (found.read_text("METADATA") or "").partition("\n\n")[0]
    requires = tuple(line.split(": ", 1)[1] for line in metadata.splitlines() if line.startswith("Requires-Dist: "))
    inside = {path: data for path, data in files.items() if not path.startswith(info)}
    points = {path: data for path, data in files.items() if path.endswith("/entry_points.txt")}
    own = info.removesuffix(".dist-info").rpartition("-")[0]
    return write_wheel(folder, own, {**inside, **points}, version=found.version, tag=tag, requires=requires)


def locked(*wheels: Path) -> str:
    """Return a lock of wheels that lie in one folder and nowhere else."""
    lines = ["--no-index", f"--find-links {wheels[0].parent}"]
    for path in wheels:
        name, version = path.name.split("-")[:2]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}  # as planted")
    return "\n".join(lines) + "\n"
