"""Known secrets kept out of text: as they are, and as base64, URL, JSON and hexadecimal spell them.

A process is told by name which of its variables are secret; their contents are taken out of what it prints and of the
documents that it writes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO, cast

CONFIDENTIAL = "MODELWRIGHT_CONFIDENTIAL"
"""Names, with commas between them, of the process's variables whose contents are secret."""
MARK = "[secret]"
_SHORTEST = 6
"""Characters: whatever is shorter would be found in text that has nothing to do with it."""
_SHORTEST_SPELLED = 8


class Mask:
    """Takes contents out of text; shorter ones than 6 characters are left, because they stand everywhere."""

    def __init__(self, contents: Iterable[str]) -> None:
        found = {spelling for content in contents if len(content) >= _SHORTEST for spelling in _spellings(content)}
        self._known = sorted(found, key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._known)

    def text(self, text: str) -> str:
        """Return text with `[secret]` wherever a content stands in it."""
        for known in self._known:
            if known in text:
                text = text.replace(known, MARK)
        return text

    def document(self, value: Any) -> Any:
        """Return a JSON document with every string in it masked, keys too."""
        if not self._known:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.document(key): self.document(item) for key, item in value.items()}
        return [self.document(item) for item in value] if isinstance(value, list | tuple) else value


def mask_of(environ: Mapping[str, str]) -> Mask:
    """Return the mask of the variables that an environment declares confidential."""
    names = environ.get(CONFIDENTIAL, "")
    return Mask(environ.get(name, "") for name in names.split(",")) if names else Mask(())


class MaskedStream:
    """A text stream that masks what is written to it; whatever else is asked of it, the stream below answers."""

    def __init__(self, stream: TextIO, mask: Mask) -> None:
        self._stream = stream
        self._mask = mask

    def write(self, text: str) -> int:
        """Write text, masked; the number of characters taken is that of the text as given."""
        self._stream.write(self._mask.text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines, masked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def mask_output(mask: Mask) -> None:
    """Mask what this process prints from now on: also tracebacks, warnings and logs, which end on standard error."""
    if mask:
        sys.stdout = cast("TextIO", MaskedStream(sys.stdout, mask))
        sys.stderr = cast("TextIO", MaskedStream(sys.stderr, mask))


def mask_own_output() -> Mask:
    """Mask what this process prints by its own environment, and return the mask."""
    mask = mask_of(os.environ)
    mask_output(mask)
    return mask


def _spellings(content: str) -> Iterator[str]:
    from urllib.parse import quote, quote_plus

    data = content.encode()
    yield content
    lines = [line.strip() for line in content.splitlines()]  # a key of several lines is printed line by line
    yield from (line for line in lines if len(line) >= _SHORTEST_SPELLED)
    others = [quote(content), quote(content, safe=""), quote_plus(content), data.hex(), data.hex().upper()]
    yield from (other for other in [*others, *_base64(data)] if len(other) >= _SHORTEST_SPELLED)
    for text in (content, repr(content)[1:-1]):  # an error's text often quotes, and its document quotes again
        yield from _quoted(text)


def _quoted(text: str) -> Iterator[str]:
    from html import escape
    from json import dumps

    for once in (text, dumps(text)[1:-1], dumps(text, ensure_ascii=False)[1:-1]):
        yield from (once, dumps(once)[1:-1], dumps(once, ensure_ascii=False)[1:-1])
        yield from (escape(once), escape(once, quote=False))


def _base64(data: bytes) -> Iterator[str]:
    """Yield what base64 makes of bytes wherever they stand in a longer text: three ways, by their place in it."""
    from base64 import b64encode, urlsafe_b64encode

    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            whole = encode(bytes(before) + data).decode().rstrip("=")
            first = (before * 8 + 5) // 6
            last = (before + len(data)) * 8 // 6
            yield whole[first:last]
