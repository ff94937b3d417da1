"""Who may come in: passwords, tokens and credential programs, and that none of them is ever shown."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from tests.image.bases import small_base
from tests.image.gates import Passing, gate
from tests.image.registries import free_port, program, registry

from modelwright.errors import CredentialsError, ProviderError
from modelwright.image.blobs import Descriptor
from modelwright.image.credentials import Credentials, anonymous, docker_credentials
from modelwright.image.layout import Layout
from modelwright.image.reference import Reference
from modelwright.image.registry import Repository

USER, PASSWORD = "robot", "planted-password"
BCRYPT = "$2y$05$abcdefghijklmnopqrstuuXXXUKy4cODBo6oD0fJZB1CSpIzxX0SW"
"""The password above, as htpasswd keeps it: bcrypt, by the C library's crypt."""


@pytest.fixture
def blob(tmp_path: Path) -> tuple[Layout, Descriptor]:
    layout, base = small_base(tmp_path)
    return layout, base.image.layers[0]


def known(password: str = PASSWORD) -> Credentials:
    return Credentials(USER, password)


def test_a_registry_behind_a_password_takes_the_right_one_alone(
    tmp_path: Path, blob: tuple[Layout, Descriptor]
) -> None:
    layout, one = blob
    (tmp_path / "htpasswd").write_text(f"{USER}:{BCRYPT}\n")
    auth = {"htpasswd": {"realm": "planted", "path": str(tmp_path / "htpasswd")}}
    with registry(tmp_path / "registry", auth=auth) as running:
        where = Reference(running.host, "private")
        right = Repository(where, credentials=lambda _: known(), writes=True)
        assert right.add(one, partial(layout.blobs.open, one)) == "pushed"
        for source in (anonymous, lambda _: known("another-password")):
            with pytest.raises(CredentialsError, match="not logged in") as caught:
                Repository(where, credentials=source).has(one)
            assert_hidden(caught.value, "another-password")
            assert "docker login" in caught.value.remedy


def test_a_registry_that_asks_for_tokens_is_answered_by_scope(tmp_path: Path, blob: tuple[Layout, Descriptor]) -> None:
    layout, one = blob
    with registry(tmp_path / "registry") as running, gate(running.host, user=USER, password=PASSWORD) as before:
        where = Reference(before.host, "tokens")
        to = Repository(where, credentials=lambda _: known(), writes=True, mounts_from="other")
        assert to.add(one, partial(layout.blobs.open, one)) == "pushed"
        assert before.scopes == ["repository:tokens:pull,push", "repository:other:pull"]


def test_a_token_that_expires_in_the_middle_of_an_upload_is_renewed(
    tmp_path: Path, blob: tuple[Layout, Descriptor]
) -> None:
    layout, one = blob
    with registry(tmp_path / "registry") as running, gate(running.host, user=USER, password=PASSWORD) as before:

        def expire(passing: Passing) -> None:
            before.tokens.clear()
            passing.pass_on()

        before.plan("POST", "uploads/", expire)
        before.plan("PATCH", "uploads/", expire)
        to = Repository(Reference(before.host, "expired"), credentials=lambda _: known(), writes=True, chunk=100,
                        pause=lambda _: None)  # fmt: skip
        assert to.add(one, partial(layout.blobs.open, one)) == "pushed"
        assert running.blob("expired", one.digest)
        assert before.count("GET", "/token") == 3


def test_a_token_server_that_repeats_the_password_does_not_make_us_repeat_it(
    tmp_path: Path, blob: tuple[Layout, Descriptor]
) -> None:
    _, one = blob
    with registry(tmp_path / "registry") as running, gate(running.host, user=USER, password=PASSWORD) as before:
        wrong = known("mistyped-password")
        with pytest.raises(CredentialsError, match="you sent Basic") as caught:
            Repository(Reference(before.host, "echo"), credentials=lambda _: wrong).has(one)
        assert_hidden(caught.value, "mistyped-password")


def assert_hidden(error: Exception, secret: str) -> None:
    """Raise when a secret stands in an error, in its traceback, or in a repr, also as it is sent."""
    pair = base64.b64encode(f"{USER}:{secret}".encode()).decode()
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(known(secret)) + str(error)
    assert secret not in shown
    assert pair not in shown


def test_credentials_do_not_follow_a_redirect_to_another_host(tmp_path: Path, blob: tuple[Layout, Descriptor]) -> None:
    layout, one = blob
    with (
        registry(tmp_path / "registry") as running,
        gate(running.host) as store,
        gate(running.host, user=USER, password=PASSWORD) as before,
    ):
        heard: list[str | None] = []

        def listen(passing: Passing) -> None:
            heard.append(passing.headers.get("Authorization"))
            passing.pass_on()

        to = Repository(Reference(before.host, "moved"), credentials=lambda _: known(), writes=True)
        to.add(one, partial(layout.blobs.open, one))
        store.plan("GET", "blobs/", listen)
        elsewhere = f"http://{store.host}/v2/moved/blobs/{one.digest}"
        before.plan("GET", "blobs/", lambda passing: passing.answer(307, {"Location": elsewhere}))
        with to.reading(one) as stream:
            assert b"".join(stream) == layout.blobs.path(one.digest).read_bytes()
        assert heard == [None]


def config(folder: Path, document: object) -> Mapping[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(document))
    return {"DOCKER_CONFIG": str(folder), "PATH": os.environ["PATH"]}


def encoded(password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{USER}:{password}".encode()).decode()}


def test_what_docker_login_wrote_is_found_by_the_registrys_host(tmp_path: Path) -> None:
    auths = {
        "registry.example.org": encoded("one"),
        "https://registry.example.org:5000": encoded("two:with:colons"),
        "https://index.docker.io/v1/": encoded("hub"),
        "token.example.org": {"identitytoken": "an-identity"},
    }
    found = config(tmp_path, {"auths": auths})
    assert docker_credentials("registry.example.org", found) == Credentials(USER, "one")
    assert docker_credentials("registry.example.org:5000", found) == Credentials(USER, "two:with:colons")
    assert docker_credentials("registry-1.docker.io", found) == Credentials(USER, "hub")
    assert docker_credentials("token.example.org", found) == Credentials(identity_token="an-identity")
    assert docker_credentials("unknown.example.org", found) is None
    assert docker_credentials("anything", {"DOCKER_CONFIG": str(tmp_path / "none")}) is None


def write_program(folder: Path, name: str, script: str) -> None:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\nread host\n{script}\n")
    path.chmod(0o755)


def test_credential_programs_are_asked_and_one_host_may_have_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    write_program(tmp_path, "cloud", 'echo "{\\"Username\\": \\"<token>\\", \\"Secret\\": \\"for-$host\\"}"')
    write_program(tmp_path, "chain", "echo 'credentials not found in native keychain'; exit 1")
    write_program(tmp_path, "broken", "echo a-leaked-secret; echo a-leaked-secret >&2; exit 3")
    found = config(tmp_path, {"credsStore": "chain", "credHelpers": {"cloud.example.org": "cloud", "b": "broken"},
                              "auths": {"written.example.org": encoded("written")}})  # fmt: skip
    assert docker_credentials("cloud.example.org", found) == Credentials(identity_token="for-cloud.example.org")
    assert docker_credentials("written.example.org", found) == Credentials(USER, "written")
    with pytest.raises(CredentialsError, match="docker-credential-broken failed with status 3") as caught:
        docker_credentials("b", found)
    assert "leaked" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"credHelpers": {"h": "absent-program"}}, "docker-credential-absent-program is not on the PATH"),
        ({"credHelpers": {"h": "../../bin/sh"}}, "is no name of a credential program"),
        ({"auths": {"h": {"auth": "no base64 at all"}}}, "no base64 of user:password"),
        (["a", "list"], "no JSON object"),
    ],
)
def test_a_docker_config_that_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, document: object, told: str
) -> None:
    with pytest.raises(CredentialsError, match=told) as caught:
        docker_credentials("h", config(tmp_path, document))
    assert caught.value.where == str(tmp_path / "config.json")


def test_tls_is_spoken_and_an_unknown_authority_is_refused(
    tmp_path: Path, blob: tuple[Layout, Descriptor], monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, one = blob
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key],
        capture_output=True, check=False,
    ) if program() else None  # fmt: skip
    if made is None or made.returncode:
        pytest.skip("openssl made no certificate")
    tls = {"certificate": str(certificate), "key": str(key)}
    with registry(tmp_path / "registry", port=free_port(), tls=tls) as running:
        where = Reference(running.host, "secure")
        with pytest.raises(ProviderError, match="its certificate is not trusted"):
            Repository(where, credentials=anonymous, plain_http=False).has(one)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        to = Repository(where, credentials=anonymous, plain_http=False, writes=True)
        assert to.add(one, partial(layout.blobs.open, one)) == "pushed"
    with registry(tmp_path / "plain") as running, pytest.raises(ProviderError, match="does not speak TLS"):
        Repository(Reference(running.host, "secure"), credentials=anonymous, plain_http=False).has(one)
