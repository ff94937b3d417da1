"""The report of a crash: what ran, where it stopped, and nothing that is secret."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from modelwright.masking import MARK, Mask

_SECRET_NAME = re.compile(r"(?i)(secret|token|password|passwd|credential|api_?key|access_?key|private)")
_ASSIGNED = re.compile(
    r"(?i)((?:[\w-]*(?:secret|token|password|passwd|api[_-]?key|authorization)[\w-]*)['\"]?\s*[:=]\s*)(?:bearer\s+)?\S+"
)
_BEARER = re.compile(r"(?i)(bearer\s+)\S+")
_IN_ADDRESS = re.compile(r"(://)[^/\s:@]+:[^/\s@]+@")
_LONG = re.compile(r"(?<![\w+-])(?=[\w+-]*\d)(?=[\w+-]*[A-Za-z])[\w+-]{32,}={0,2}(?![\w+-])")
_SHORTEST_SECRET = 6
_MARK = "[redacted]"


def redact(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return text without secrets: values of secret-looking variables, tokens, passwords, and the home folder."""
    known = [value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET]
    text = Mask(known).text(text).replace(MARK, _MARK)
    text = _BEARER.sub(rf"\1{_MARK}", text)
    text = _ASSIGNED.sub(rf"\1{_MARK}", text)
    text = _IN_ADDRESS.sub(rf"\1{_MARK}@", text)
    text = _LONG.sub(_MARK, text)
    home = environ.get("HOME", "")
    return text.replace(home, "~") if len(home) > 1 else text


def write_report(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Write the report beside other temporary files, readable by its owner only; return None where that fails."""
    content = "\n".join(
        [
            f"modelwright {version('modelwright')}, Python {platform.python_version()} on {platform.platform()}",
            f"command: modelwright {' '.join(_names_only(arguments))}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    try:
        handle, name = tempfile.mkstemp(prefix="modelwright-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(redact(content))
    except OSError as failure:
        sys.stderr.write(f"the crash report could not be written: {failure}\n")
        return None
    return Path(name)


def _names_only(arguments: Sequence[str]) -> list[str]:
    """Return arguments without the values that options carry: those may be data or secrets."""
    return [
        argument.partition("=")[0] if argument.startswith("-") or re.fullmatch(r"[a-z][a-z-]*", argument) else "…"
        for argument in arguments
    ]
