"""What a store in a bucket does when its server fails, is not there, or does not know the caller."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.store.careless import Faults, careless
from tests.store.servers import Bucket, s3_bucket

from modelwright.errors import (
    CredentialsError,
    ModelwrightError,
    NotFoundError,
    ProviderError,
    TransientError,
    UsageError,
)
from modelwright.object_store import ObjectStore
from modelwright.store import local_path, open_store

SECRETS = ["planted-secret", "planted-key-id", "hunter2"]


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def store(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A store on a server that fails as `faults` says."""
    with careless(faults) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield ObjectStore("s3://bucket/control", timeout=timedelta(seconds=2))


def _silent(error: ModelwrightError) -> str:
    """Return what an error says, having looked that it gives no secret away."""
    assert not [secret for secret in SECRETS if secret in f"{error} {error.to_dict()} {error.__context__!r}"]
    return str(error)


def test_a_failure_that_passes_is_not_seen(store: ObjectStore, faults: Faults) -> None:
    faults.answers = [503, 500, 503]
    assert store.create("a", b"x") is True
    faults.answers = [503, 503]
    assert store.get("a") == b"x"
    faults.answers = [429, 503]
    store.put("a", b"y")
    assert store.get("a") == b"y"


def test_a_server_that_keeps_failing_is_named_after_a_bounded_number_of_tries(
    store: ObjectStore, faults: Faults
) -> None:
    faults.answers = [503] * 100
    with pytest.raises(TransientError) as caught:
        store.create("a", b"x")
    assert len(faults.seen) == 5
    assert "503" in _silent(caught.value)
    assert caught.value.where == "s3://bucket/control"
    with pytest.raises(TransientError, match="503"):
        store.get("a")
    assert len(faults.seen) == 10


def test_a_create_whose_answer_was_lost_is_not_taken_for_somebody_elses(store: ObjectStore, faults: Faults) -> None:
    faults.answers, faults.after_writing = [500], True
    assert store.create("a", b"mine") is True
    assert faults.objects == {"control/a": b"mine"}


def test_a_create_that_failed_and_then_lost_says_so(store: ObjectStore, faults: Faults) -> None:
    faults.objects["control/a"] = b"theirs"
    faults.answers = [500]
    assert store.create("a", b"mine") is False
    assert faults.objects == {"control/a": b"theirs"}


def test_a_create_in_a_race_whose_end_is_not_known_is_sent_again(store: ObjectStore, faults: Faults) -> None:
    faults.answers, faults.code = [409, 409], "ConditionalRequestConflict"
    assert store.create("a", b"mine") is True
    assert len([method for method, _ in faults.seen if method == "PUT"]) == 3


def test_a_request_that_can_never_succeed_is_sent_once(store: ObjectStore, faults: Faults) -> None:
    faults.answers, faults.code = [400], "InvalidArgument"
    with pytest.raises(ProviderError, match="400 InvalidArgument"):
        store.create("a", b"x")
    assert len(faults.seen) == 1


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidToken"])
def test_expired_credentials_are_no_bad_request(store: ObjectStore, faults: Faults, code: str) -> None:
    faults.answers, faults.code = [400], code
    with pytest.raises(CredentialsError, match=code):
        store.get("a")


def test_a_server_that_says_nothing_is_given_up_in_time(store: ObjectStore, faults: Faults) -> None:
    faults.silent = threading.Event()
    quick = ObjectStore(store.uri, timeout=timedelta(milliseconds=100))
    with pytest.raises(TransientError, match="did not answer in time"):
        quick.get("a")


def test_nobody_listening_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "planted-key-id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
        store = open_store("s3://bucket")
        for call in (lambda: store.create("a", b""), lambda: store.get("a"), store.keys, lambda: store.put("a", b"")):
            with pytest.raises(TransientError, match="cannot be reached") as caught:
                call()
            assert "check the network" in _silent(caught.value)


def test_refused_credentials_are_named_and_nothing_of_them_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_bucket(tmp_path, with_credentials=True) as bucket:
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        store = open_store(bucket.uri)
        for call in (
            lambda: store.create("a", b""), lambda: store.get("a"), store.keys,
            lambda: store.put("a", b""), lambda: store.delete("a"),
        ):  # fmt: skip
            with pytest.raises(CredentialsError, match="InvalidAccessKeyId") as caught:
                call()
            assert "AWS_SECRET_ACCESS_KEY" in _silent(caught.value)
            assert caught.value.exit_status == 3


def test_no_credentials_at_all_are_no_riddle(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(CredentialsError, match="no credentials"):
            open_store("s3://bucket").get("a")


def test_a_missing_bucket_is_never_an_empty_store(s3: Bucket) -> None:
    store = open_store("s3://missing/control")
    for call in (
        lambda: store.get("platform.json"),
        store.keys,
        lambda: store.create("a", b""),
        lambda: store.delete("a"),
    ):
        with pytest.raises(NotFoundError, match="no bucket 'missing'"):
            call()
    assert s3.uri == "s3://bucket"


@pytest.mark.parametrize(
    "address",
    ["s3://planted-key-id:planted-secret@bucket/x", "az://c/x?sv=1&sig=planted-secret", "s3://b/x#planted-secret"],
)
def test_an_address_with_credentials_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError, match="environment variables") as caught:
        open_store(address)
    _silent(caught.value)
    with pytest.raises(UsageError) as caught:
        local_path(address)
    _silent(caught.value)


@pytest.mark.parametrize("address", ["s3://", "s3:///x"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="names no bucket"):
        open_store(address)


def test_an_address_that_climbs_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a key"):
        open_store("s3://bucket/a/../b")


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/a%20b/c%25", "gs://bucket/x", "az://container"])
def test_an_address_is_spelled_as_it_was_given(address: str) -> None:
    assert open_store(address).uri == address


def test_without_obstore_the_remedy_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "obstore" else object())
    with pytest.raises(UsageError, match="object-store"):
        open_store("s3://bucket")
