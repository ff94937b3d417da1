"""Model folders that somebody altered or made to harm: refused when they are loaded, in bounded memory and time.

modelwright unpacks no archive to disk anywhere. The one it reads in memory is skops' own file, a zip.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.serving.serving_kit import serve_config, serving, stored

from modelwright.canonical import digest_file
from modelwright.errors import DataError, IntegrityError, ModelFormatError
from modelwright.stats.profile import Profile
from modelwright.workload.manifest import model_digest
from modelwright.workload.model_folder import load_model, save_model

X = np.random.default_rng(8).normal(size=(60, 2))
Y = (X[:, 0] > 0).astype(int)
CODE = "import own\n\ndef predict(columns):\n    return columns['x'] * own.FACTOR\n"


def skops(folder: Path) -> None:
    save_model(folder, LogisticRegression().fit(X, Y), sample=X[:3], reference=X, labels=Y)


def pickled(folder: Path) -> None:
    save_model(folder, LogisticRegression().fit(X, Y), sample=X[:3], opt_in="pickle", format="pickle")


def code(folder: Path) -> None:
    sources = folder.with_name(f"{folder.name}-sources")
    sources.mkdir()
    (sources / "entry.py").write_text(CODE)
    (sources / "own.py").write_text("FACTOR = 2\n")
    save_model(
        folder,
        f"{sources}/entry.py:predict",
        sample={"x": [1.0]},
        opt_in="callable",
        sources=[sources / "own.py"],
    )


@pytest.fixture(params=[skops, pickled, code], ids=["skops", "pickle", "callable"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    request.param(tmp_path / "model")
    return tmp_path / "model"


def test_every_file_of_a_model_is_watched_bit_by_bit_and_so_is_the_list_of_them(model: Path) -> None:
    pinned = model_digest(model)
    load_model(model, pinned).check_sample()
    files = sorted(path for path in model.rglob("*") if path.is_file())
    assert len(files) > 1
    for path in files:
        whole = path.read_bytes()
        for position in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
            with pytest.raises(IntegrityError, match=r"not what its digest says|not sha256"):
                load_model(model, pinned)
        for other in (b"", whole[:-1], whole + b"\n"):
            path.write_bytes(other)
            with pytest.raises(IntegrityError):
                load_model(model, pinned)
        path.unlink()
        with pytest.raises((IntegrityError, ModelFormatError), match=f"{path.name}|no model in"):
            load_model(model, pinned)
        path.write_bytes(whole)
    load_model(model, pinned).check_sample()


def test_another_models_digest_is_not_this_one(model: Path) -> None:
    with pytest.raises(IntegrityError, match="not sha256:0000"):
        load_model(model, "sha256:" + "0" * 64)


@pytest.mark.parametrize("name", ["extra.py", "code/extra.py", "sklearn.py", ".hidden", "__pycache__/entry.pyc"])
def test_a_file_more_is_refused_wherever_it_lies(model: Path, name: str) -> None:
    pinned = model_digest(model)
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text("raise SystemExit('run')")
    with pytest.raises(IntegrityError, match="does not list"):
        load_model(model, pinned)


def test_what_a_killed_store_left_beside_the_files_is_no_part_of_the_model(model: Path) -> None:
    (model / ".tmp-x7k2").write_bytes(b"half of a file")
    load_model(model, model_digest(model)).check_sample()


# -- what is no ordinary file ----------------------------------------------------------------------------------------


def _symlink(path: Path) -> None:
    target = path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(target)


def _linked_folder(path: Path) -> None:
    (path.parent.parent / "outside").mkdir()
    (path.parent / "inner").symlink_to(path.parent.parent / "outside")


def _hard_link(path: Path) -> None:
    path.unlink()
    path.hardlink_to(Path(os.__file__))


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _socket(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)  # a socket's path may have 108 bytes only
        server.bind(path.name)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("change", [_symlink, _linked_folder, _hard_link, _fifo, _socket, _device])
@pytest.mark.parametrize("file", ["model.skops", "manifest.json"])
def test_links_pipes_sockets_and_devices_are_refused_without_being_read(
    tmp_path: Path, change: Callable[[Path], None], file: str
) -> None:
    skops(tmp_path / "model")
    pinned = model_digest(tmp_path / "model")
    change(tmp_path / "model" / file)
    with pytest.raises(IntegrityError):
        load_model(tmp_path / "model", pinned)


def rewritten(folder: Path, **changed: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changed}))


BAD_PATHS = ["../model.skops", "/etc/passwd", "a/../../b", "a\\b", "./x", "", ".", "..", "a//b", "a\0b", 7, None]


@pytest.mark.parametrize("path", BAD_PATHS, ids=repr)
def test_a_manifest_that_names_a_place_outside_is_refused(tmp_path: Path, path: Any) -> None:
    skops(tmp_path / "model")
    entry = {"path": path, "sha256": digest_file(Path("/etc/passwd")), "bytes": Path("/etc/passwd").stat().st_size}
    files = json.loads((tmp_path / "model/manifest.json").read_bytes())["files"]
    rewritten(tmp_path / "model", files=[*files, entry])
    with pytest.raises(IntegrityError):
        load_model(tmp_path / "model", None)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b'{"files": 1}', b'{"files": [1]}', b'{"files": [{"path": "x"}]}', b"[" * 100_000],
    ids=["empty", "cut", "list", "null", "number", "numbers", "half", "deep"],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: bytes) -> None:
    skops(tmp_path / "model")
    (tmp_path / "model/manifest.json").write_bytes(text)
    with pytest.raises(IntegrityError):
        load_model(tmp_path / "model", None)


@pytest.mark.parametrize("entrypoint", ["../out.py:predict", "/tmp/out.py:predict", "sub/../../out.py:predict"])
def test_code_outside_the_folder_is_not_run(tmp_path: Path, entrypoint: str) -> None:
    code(tmp_path / "model")
    (tmp_path / "out.py").write_text("raise SystemExit('run')")
    rewritten(tmp_path / "model", entrypoint=entrypoint)
    with pytest.raises(ModelFormatError, match="leaves the model's folder"):
        load_model(tmp_path / "model", None)


# -- code only where it was allowed by name ----------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "name"), [(pickled, "pickle"), (code, "callable")])
def test_what_runs_code_needs_the_opt_in_of_the_manifest_and_of_the_reader(
    tmp_path: Path, make: Callable[[Path], None], name: str
) -> None:
    make(tmp_path / "model")
    load_model(tmp_path / "model", None, opt_in=[name])
    other = {"pickle": "callable", "callable": "pickle"}[name]
    for allowed in ([], [other]):
        with pytest.raises(ModelFormatError, match=f"needs the opt-in '{name}'"):
            load_model(tmp_path / "model", None, opt_in=allowed)
    for claimed in (None, other, "skops", ""):
        rewritten(tmp_path / "model", opt_in=claimed)
        with pytest.raises(ModelFormatError, match="opt in"):
            load_model(tmp_path / "model", None, opt_in=[other, "skops"])


def test_a_server_refuses_code_that_its_endpoint_does_not_allow(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text("def predict(columns):\n    return columns['x']\n")
    uri = stored(tmp_path / "models", f"{tmp_path}/entry.py:predict", sample={"x": [1.0]}, opt_in="callable")
    with (
        pytest.raises(AssertionError, match="needs the opt-in 'callable'"),
        serving(tmp_path, serve_config(uri, opt_in=[])),
    ):
        pass


# -- skops' zip --------------------------------------------------------------------------------------------------------


def packed(folder: Path, data: bytes) -> Path:
    """Put bytes in place of a model's skops file, with a manifest that fits them."""
    if not folder.exists():
        skops(folder)
    (folder / "model.skops").write_bytes(data)
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    for item in files:
        item.update(sha256=digest_file(folder / item["path"]), bytes=(folder / item["path"]).stat().st_size)
    rewritten(folder, files=files)
    return folder


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def lying(data: bytes, size: int) -> bytes:
    """Return a zip whose headers say that its members unpack to a few bytes only."""
    told = data
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = told.index(mark) + place
        told = told[:at] + struct.pack("<I", size) + told[at + 4 :]
    return told


def array(shape: str) -> bytes:
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + bytes(8)


def genuine() -> dict[str, bytes]:
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(LogisticRegression().fit(X, Y)))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def hostile() -> dict[str, bytes]:
    zeros = bytes(320 << 20)
    real = genuine()
    arrays = {name: array("(1000000000000,)") if name.endswith(".npy") else data for name, data in real.items()}
    return {
        "a bomb": zipped({"zeros": zeros}),
        "a bomb in small parts": zipped({f"z{n}": zeros[: 8 << 20] for n in range(40)}),
        "a bomb that lies about its size": lying(zipped({"zeros": zeros}), 100),
        "another method, which unpacks all at once": zipped({"zeros": zeros[: 1 << 20]}, zipfile.ZIP_LZMA),
        "arrays of 8 TB by their headers": zipped(arrays),
        "endless nesting": zipped({**real, "schema.json": b'{"__class__":' * 100_000}),
        "no zip": b"PK\x03\x04" + bytes(100),
        "nothing": b"",
    }


LOADER = """
import json, resource, sys
from pathlib import Path
from modelwright.workload.model_folder import load_model
load_model(Path(sys.argv[1]), None)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = {}
for folder in sys.argv[2:]:
    try:
        load_model(Path(folder), None)
        found[folder] = "loaded"
    except Exception as error:
        found[folder] = type(error).__name__
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"found": found, "grown": grown * 1024}))
"""


def test_files_made_to_fill_memory_are_refused_before_they_do(tmp_path: Path) -> None:
    skops(tmp_path / "good")
    folders = {}
    for number, (name, data) in enumerate(hostile().items()):
        shutil.copytree(tmp_path / "good", tmp_path / f"{number}")
        folders[str(packed(tmp_path / f"{number}", data))] = name
    asked = [sys.executable, "-c", LOADER, str(tmp_path / "good"), *folders]
    said = json.loads(subprocess.run(asked, capture_output=True, check=True, timeout=120).stdout)
    assert {folders[folder]: outcome for folder, outcome in said["found"].items()} == dict.fromkeys(
        folders.values(), "ModelFormatError"
    )
    assert said["grown"] < 200 << 20, said["grown"]


def test_a_type_off_the_list_is_refused_and_named_with_all_others(tmp_path: Path) -> None:
    real = genuine()
    schema = json.loads(real["schema.json"])
    wanted = (("penalty", "os", "system"), ("tol", "builtins", "eval"))
    for number, (place, module, name) in enumerate(wanted):
        schema["content"]["content"][place] = {
            "__class__": name,
            "__module__": module,
            "__loader__": "FunctionNode",
            "__id__": number + 1,
            "content": "x",
        }
    folder = packed(tmp_path / "model", zipped({**real, "schema.json": json.dumps(schema).encode()}))
    with pytest.raises(ModelFormatError, match=r"off the allow-list|cannot be read") as raised:
        load_model(folder, None)
    assert "os.system" in raised.value.message
    assert "eval" in raised.value.message


def test_a_profile_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(DataError, match="unpacks to more"):
        Profile.from_bytes(gzip.compress(bytes(300 << 20), 1))


# -- ONNX --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["weights.bin", "../weights.bin", "/etc/passwd"])
def test_a_graph_that_reads_other_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from modelwright.workload.formats import onnx_graph

    tensor = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[4], data_location=1)
    tensor.external_data.add(key="location", value=place)
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, 4]) for name in "xy")
    node = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    graph = onnx.helper.make_graph([node], "g", [x], [y], [tensor])
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=9)
    for folder in (tmp_path / "model", tmp_path):
        folder.mkdir(exist_ok=True)
        (folder / "weights.bin").write_bytes(bytes(16))
    (tmp_path / "model" / onnx_graph.FILE).write_bytes(model.SerializeToString())
    monkeypatch.chdir(tmp_path / "model")
    with pytest.raises(ModelFormatError):
        onnx_graph.load(tmp_path / "model", {})
