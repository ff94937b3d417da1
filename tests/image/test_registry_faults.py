"""What can go wrong between us and a registry, planned at a gate before a real one."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.image.bases import small_base
from tests.image.gates import Gate, Passing, gate
from tests.image.registries import Running, free_port, program, registry, start

from modelwright.errors import (
    CredentialsError,
    IntegrityError,
    ModelwrightError,
    NotFoundError,
    ProviderError,
    TransientError,
)
from modelwright.image.blobs import BlobFolder, Descriptor
from modelwright.image.credentials import anonymous
from modelwright.image.delivery import push
from modelwright.image.reference import Reference
from modelwright.image.registry import Repository

CHUNK = 64 << 10


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
def before(running: Running) -> Iterator[Gate]:
    with gate(running.host) as opened:
        yield opened


@pytest.fixture
def blob(tmp_path: Path) -> tuple[BlobFolder, Descriptor]:
    """A blob of four chunks and a half, other bytes for each test."""
    own = BlobFolder(tmp_path / "own")
    data = random.Random(str(tmp_path)).randbytes(CHUNK * 9 // 2)
    return own, own.add_bytes(data, "application/octet-stream")


def repository(host: str, name: str, pauses: list[float], *, chunk: int | None = None) -> Repository:
    return Repository(Reference(host, name), credentials=anonymous, writes=True, chunk=chunk, pause=pauses.append)


def answering(status: int, **headers: str) -> Callable[[Passing], None]:
    def act(passing: Passing) -> None:
        passing.read_body()
        passing.answer(status, {name.replace("_", "-"): value for name, value in headers.items()})

    return act


@pytest.mark.parametrize(
    ("method", "path", "act", "least"),
    [
        ("HEAD", "blobs/sha256", answering(503), 0),
        ("POST", "uploads/", answering(429, Retry_After="7"), 7),
        ("PUT", "uploads/", answering(500), 0),
        ("PUT", "uploads/", Passing.cut, 0),
        ("PUT", "uploads/", partial(Passing.cut, after=1000), 0),
        ("PUT", "uploads/", answering(429, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT"), 0),
    ],
)
def test_a_fault_that_passes_is_waited_for(  # the cases are arguments
    running: Running,
    before: Gate,
    blob: tuple[BlobFolder, Descriptor],
    method: str,
    path: str,
    act: Callable[[Passing], None],
    least: float,
) -> None:
    own, one = blob
    before.plan(method, path, act)
    pauses: list[float] = []

    assert repository(before.host, "patient", pauses).add(one, partial(own.open, one)) == "pushed"

    assert running.blob("patient", one.digest) == own.path(one.digest).read_bytes()
    assert len(pauses) == 1
    assert least <= pauses[0] <= least + 0.5
    assert before.faults == []


@pytest.mark.parametrize("act", [answering(500), Passing.cut, partial(Passing.cut, after=1000)])
def test_a_chunk_that_is_lost_is_sent_again_and_no_other(
    running: Running, before: Gate, blob: tuple[BlobFolder, Descriptor], act: Callable[[Passing], None]
) -> None:
    own, one = blob
    to = repository(before.host, "chunks", [], chunk=CHUNK)
    seen = len(before.seen)

    def at_the_third(passing: Passing) -> None:
        before.plan("PATCH", "uploads/", act)
        passing.pass_on()

    before.plan("PATCH", "uploads/", Passing.pass_on)
    before.plan("PATCH", "uploads/", at_the_third)
    to.add(one, partial(own.open, one))

    assert running.blob("chunks", one.digest) == own.path(one.digest).read_bytes()
    asked = [method for method, path in before.seen[seen:] if "uploads/" in path]
    assert asked == ["POST", "PATCH", "PATCH", "PATCH", "GET", "PATCH", "PATCH", "PATCH", "PUT"]


def test_a_registry_that_drops_a_chunk_in_silence_is_told(before: Gate, blob: tuple[BlobFolder, Descriptor]) -> None:
    own, one = blob

    def drop(passing: Passing) -> None:
        passing.read_body()
        passing.answer(202, {"Range": f"0-{CHUNK - 1}", "Location": passing.path})

    before.plan("PATCH", "uploads/", Passing.pass_on)
    before.plan("PATCH", "uploads/", drop)
    with pytest.raises(ProviderError, match="65,536 bytes of a blob of 294,912") as caught:
        repository(before.host, "dropping", [], chunk=CHUNK).add(one, partial(own.open, one))
    assert "in one piece" in caught.value.remedy


def test_an_upload_that_the_registry_forgot_begins_anew(
    running: Running, before: Gate, blob: tuple[BlobFolder, Descriptor]
) -> None:
    own, one = blob
    before.plan("PATCH", "uploads/", answering(500))
    before.plan("GET", "uploads/", answering(404))

    assert repository(before.host, "forgotten", [], chunk=CHUNK).add(one, partial(own.open, one)) == "pushed"

    assert before.count("POST", "uploads/") == 2
    assert running.blob("forgotten", one.digest) == own.path(one.digest).read_bytes()


def test_a_registry_that_dies_in_the_middle_of_an_upload_and_comes_back_gets_the_rest(
    tmp_path: Path, blob: tuple[BlobFolder, Descriptor]
) -> None:
    own, one = blob
    binary, port, folder = program(), free_port(), tmp_path / "mortal"
    lives = [start(binary, folder, port)]

    def back(_seconds: float) -> None:
        if lives[-1].process.poll() is not None:
            lives.append(start(binary, folder, port))

    try:
        with gate(lives[0].host) as before:

            def die(passing: Passing) -> None:
                lives[-1].process.kill()
                lives[-1].process.wait()
                passing.cut()

            before.plan("PATCH", "uploads/", Passing.pass_on)
            before.plan("PATCH", "uploads/", die)
            where = Reference(before.host, "mortal")
            to = Repository(where, credentials=anonymous, writes=True, chunk=CHUNK, pause=back)
            assert to.add(one, partial(own.open, one)) == "pushed"
        assert len(lives) == 2
        assert lives[-1].blob("mortal", one.digest) == own.path(one.digest).read_bytes()
    finally:
        for life in lives:
            life.process.kill()
            life.process.wait()


def test_a_registry_that_dies_while_it_reads_gets_the_blob_once_it_is_back(
    tmp_path: Path, blob: tuple[BlobFolder, Descriptor]
) -> None:
    own, one = blob
    binary, port, folder = program(), free_port(), tmp_path / "mortal"
    lives = [start(binary, folder, port)]

    class Deadly(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if len(lives) == 1 and self.tell() > CHUNK * 3 // 2:
                lives[0].process.kill()
                lives[0].process.wait()
            return super().read(size)

    def back(_seconds: float) -> None:
        if len(lives) == 1:
            lives.append(start(binary, folder, port))

    try:
        data = own.path(one.digest).read_bytes()
        where = Reference(lives[0].host, "mortal")
        to = Repository(where, credentials=anonymous, writes=True, chunk=CHUNK, pause=back)
        assert to.add(one, lambda: Deadly(data)) == "pushed"
        assert len(lives) == 2
        assert lives[1].blob("mortal", one.digest) == data
    finally:
        for life in lives:
            life.process.kill()
            life.process.wait()


@pytest.mark.parametrize(
    ("act", "error", "told"),
    [
        (answering(403), CredentialsError, "denied"),
        (answering(401), CredentialsError, "not logged in"),
        (answering(404), NotFoundError, "not found"),
        (answering(413), ModelwrightError, "refused"),
    ],
)
def test_a_refusal_is_told_at_once_with_its_place_and_a_remedy(
    before: Gate,
    blob: tuple[BlobFolder, Descriptor],
    act: Callable[[Passing], None],
    error: type[ModelwrightError],
    told: str,
) -> None:
    own, one = blob
    pauses: list[float] = []
    before.plan("POST", "uploads/", act)
    with pytest.raises(error, match=told) as caught:
        repository(before.host, "refused", pauses).add(one, partial(own.open, one))
    assert pauses == []
    assert caught.value.where == f"{before.host}/refused"
    assert caught.value.remedy


def test_trouble_that_does_not_end_is_an_error_after_six_attempts(
    before: Gate, blob: tuple[BlobFolder, Descriptor]
) -> None:
    own, one = blob
    pauses: list[float] = []
    for _ in range(10):
        before.plan("PUT", "uploads/", answering(503))
    with pytest.raises(TransientError, match="503"):
        repository(before.host, "troubled", pauses).add(one, partial(own.open, one))
    assert len(before.faults) == 4
    assert len(pauses) == 5
    assert all(0 <= pause <= most for pause, most in zip(pauses, (0.5, 1, 2, 4, 8), strict=True))


def test_a_registry_that_is_not_there_is_told(blob: tuple[BlobFolder, Descriptor]) -> None:
    own, one = blob
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(TransientError, match="cannot be reached"):
        repository(host, "nobody", []).add(one, partial(own.open, one))


def test_a_registry_that_asks_to_wait_for_an_hour_is_not_waited_for(
    before: Gate, blob: tuple[BlobFolder, Descriptor]
) -> None:
    own, one = blob
    pauses: list[float] = []
    before.plan("POST", "uploads/", answering(429, Retry_After="3600"))
    with pytest.raises(TransientError, match="429"):
        repository(before.host, "later", pauses).add(one, partial(own.open, one))
    assert pauses == []


def test_bytes_that_change_on_their_way_are_refused_by_the_registry_and_told(
    running: Running, before: Gate, blob: tuple[BlobFolder, Descriptor]
) -> None:
    own, one = blob
    before.plan("PUT", "uploads/", lambda passing: passing.pass_on(sent=lambda data: b"x" + data[1:]))
    with pytest.raises(IntegrityError, match="the bytes that arrived are others"):
        repository(before.host, "changed", []).add(one, partial(own.open, one))
    assert running.ask("HEAD", f"/v2/changed/blobs/{one.digest}")[0] == 404


def flipped(passing: Passing) -> None:
    passing.pass_on(lambda data: data[:-1] + bytes([data[-1] ^ 1]))


def test_a_pull_goes_on_where_the_connection_ended(before: Gate, blob: tuple[BlobFolder, Descriptor]) -> None:
    own, one = blob
    to = repository(before.host, "halves", [])
    to.add(one, partial(own.open, one))

    def half(passing: Passing) -> None:
        _, headers, body = passing.ask()
        passing.answer(200, {**headers, "Content-Length": str(len(body))}, body[: len(body) // 2])

    before.plan("GET", "blobs/sha256", half)
    with to.reading(one) as stream:
        assert b"".join(stream) == own.path(one.digest).read_bytes()
    assert before.count("GET", "blobs/sha256") == 2


def test_altered_bytes_are_never_passed_on(before: Gate, tmp_path: Path) -> None:
    from tests.image.test_push_and_pull import image

    built, own, layout = image(tmp_path)
    there = repository(before.host, "origin", [])
    push(built, own, layout, there)
    base = built.base.image.layers[0]
    own.path(base.digest).unlink()

    before.plan("GET", f"blobs/{base.digest}", flipped)
    with pytest.raises(IntegrityError, match=base.digest):
        push(built, own, there, repository(before.host, "altered", []))
    assert not own.path(base.digest).exists()
    with pytest.raises(NotFoundError):
        repository(before.host, "altered", []).manifest(built.digest)

    before.plan("GET", "origin/manifests/", flipped)
    with pytest.raises(IntegrityError, match="the manifest is not"):
        there.manifest(built.digest)
    push(built, own, there, repository(before.host, "altered", []))  # nothing of it stayed


def test_a_base_layer_that_rotted_in_the_registrys_own_store_is_refused(tmp_path: Path) -> None:
    layout, base = small_base(tmp_path)
    one = base.image.layers[0]
    with registry(tmp_path / "registry") as running:
        to = repository(running.host, "rotten", [])
        to.add(one, partial(layout.blobs.open, one))
        digest = one.digest.removeprefix("sha256:")
        stored = running.storage / f"docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
        data = stored.read_bytes()
        stored.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with to.reading(one) as stream, pytest.raises(IntegrityError, match="not those of"):
            BlobFolder(tmp_path / "pulled").add(stream, one, to.where)
    assert list((tmp_path / "pulled/sha256").iterdir()) == []
