"""Known secrets are taken out of text in every spelling that the search knows, and ordinary text is left."""

from __future__ import annotations

import base64
import html
import io
import json
import subprocess
import sys
from urllib.parse import quote, quote_plus

import pytest
from tests.security.finder import CANARIES, Search

from modelwright.masking import CONFIDENTIAL, MARK, Mask, MaskedStream, mask_of

SECRET = CANARIES["train"]


def found_in(text: str) -> set[str]:
    search = Search(CANARIES)
    search.text("text", text)
    return search.places("train")


SPELLINGS = [
    SECRET,
    repr(SECRET),
    json.dumps(SECRET),
    json.dumps(SECRET, ensure_ascii=False),
    json.dumps(repr(SECRET)),
    json.dumps({"error": json.dumps(SECRET)}),
    quote(SECRET),
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    html.escape(SECRET),
    html.escape(repr(SECRET), quote=False),
    SECRET.encode().hex(),
    SECRET.encode().hex().upper(),
]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_secret_is_masked_however_it_is_spelled_and_what_is_around_it_stays(spelled: str) -> None:
    assert found_in(spelled)
    masked = Mask([SECRET]).text(f"before {spelled} after")
    assert not found_in(masked)
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_masked_within_a_longer_text_in_base64(encode: object, before: int) -> None:
    assert callable(encode)
    spelled = encode(("user:pw"[:before] + SECRET + "@host/path").encode()).decode()
    assert found_in(spelled)
    assert not found_in(Mask([SECRET]).text(spelled))


def test_a_document_is_masked_in_keys_and_values_and_keeps_its_form() -> None:
    given = {"a": [1, None, {SECRET: f"x{SECRET}y"}], "b": True, "c": 0.5}
    assert Mask([SECRET]).document(given) == {"a": [1, None, {MARK: f"x{MARK}y"}], "b": True, "c": 0.5}


def test_a_key_of_several_lines_is_masked_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
    masked = Mask([key]).text("  File x\n    MIIEvQIBADANBg\n  kqhkiG9w0BAQEF?")
    assert masked == f"  File x\n    {MARK}\n  {MARK}?"


def test_only_what_is_declared_confidential_and_long_enough_is_masked() -> None:
    mask = mask_of({CONFIDENTIAL: "KEY,PIN,GONE", "KEY": "s3cr3t-value", "PIN": "1", "OTHER": "ordinary"})
    assert mask.text("1 ordinary s3cr3t-value") == f"1 ordinary {MARK}"
    assert not mask_of({"KEY": "s3cr3t-value"})


def test_a_masked_stream_is_a_stream() -> None:
    below = io.StringIO()
    stream = MaskedStream(below, Mask([SECRET]))
    assert stream.write(f"<{SECRET}>") == len(SECRET) + 2
    stream.writelines(["a", SECRET])
    assert below.getvalue() == f"<{MARK}>a{MARK}"
    assert not stream.isatty()


def test_warnings_logs_and_tracebacks_of_a_process_are_masked() -> None:
    code = (
        "import logging, os, warnings\n"
        "from modelwright.masking import mask_own_output\n"
        "mask_own_output()\n"
        "print('printed', os.environ['KEY'])\n"
        "warnings.warn('warned ' + os.environ['KEY'])\n"
        "logging.error('logged %s', os.environ['KEY'])\n"
        "raise KeyError('raised ' + os.environ['KEY'])\n"
    )
    env = {CONFIDENTIAL: "KEY", "KEY": SECRET}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert not found_in(done.stdout + done.stderr)
    for word in ("printed", "warned", "logged", "raised"):
        assert f"{word} {MARK}" in done.stdout + done.stderr
