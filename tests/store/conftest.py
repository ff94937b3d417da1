"""Stores of every kind, each test with a place of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.store.servers import Bucket, azure_container, azurite, s3_bucket

_SKIPPED = "azurite-blob is not on the PATH and MODELWRIGHT_AZURITE does not name it: npm install azurite"
_AZURITE = azurite()  # read before the tests' surroundings are emptied


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """An S3 server, one for all tests of this process."""
    with s3_bucket(tmp_path_factory.mktemp("moto")) as bucket:
        yield bucket


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """An Azure Blob server, where there is one."""
    if _AZURITE is None:
        pytest.skip(_SKIPPED)
    with azure_container(_AZURITE, tmp_path_factory.mktemp("azurite")) as bucket:
        yield bucket


@pytest.fixture
def s3(moto: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The S3 server, its credentials in this process's environment."""
    for name, value in moto.environment.items():
        monkeypatch.setenv(name, value)
    return moto


@pytest.fixture(params=["directory", "s3", "azure"])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store, of each kind in turn."""
    if request.param == "directory":
        return str(request.getfixturevalue("tmp_path") / "store")
    bucket: Bucket = request.getfixturevalue("moto" if request.param == "s3" else "azure")
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return bucket.below()
