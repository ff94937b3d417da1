"""The entry point `modelwright`: call the verb, and turn whatever goes wrong into a message and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from modelwright.cli.group import Call, root
from modelwright.cli.options import PREFIX

_SECRETS = f"{PREFIX}_SECRET_"


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    call = Call()
    try:
        status = root().main(
            args=list(arguments), prog_name="modelwright", standalone_mode=False, auto_envvar_prefix=PREFIX, obj=call
        )
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the outermost frame: everything gets a message here
        from modelwright.cli.failure import report

        return report(error, call.session, arguments)
    return status if isinstance(status, int) else 0


def _mask_secrets() -> None:
    """Keep the secrets of this machine out of whatever is printed, also by a project's own code or a traceback."""
    known = [content for name, content in os.environ.items() if name.startswith(_SECRETS)]
    if known:
        from modelwright.masking import Mask, mask_output

        mask_output(Mask(known))


def main() -> NoReturn:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _mask_secrets()
    sys.exit(run(sys.argv[1:]))
