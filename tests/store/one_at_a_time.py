"""moto's server with its requests answered one at a time: `python one_at_a_time.py -p PORT`.

moto looks whether a key is there and then writes it, and two of its threads may both find it missing. S3 decides such
a pair of conditional writes as one; so does this.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

_ONE = threading.Lock()
_INNER = DomainDispatcherApplication(create_backend_app)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request when no other is being answered; its body is read before."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
    with _ONE:
        answer: Iterable[bytes] = _INNER(environ, start_response)
        return list(answer)


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[-1]), application, threaded=True, request_handler=MotoRequestHandler)
