"""What went wrong, as a message for people, a diagnostic for programs, and an exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence

import click

from modelwright.cli.answer import Diagnostic, document
from modelwright.cli.catalogue import module_of
from modelwright.cli.crash import write_report
from modelwright.cli.session import Session
from modelwright.cli.table import prose
from modelwright.cli.terminal import Terminal, clean, clean_line, truncate
from modelwright.errors import CancelledError, InvalidProjectError, ModelwrightError, Problem, UsageError

SHOWN = 10
BUG = 255
_PLACE = {
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EIO: "the disk cannot be read or written",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files on this machine",
    errno.ENOTDIR: "a file stands where a folder should be",
    errno.EISDIR: "a folder stands where a file should be",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ELOOP: "the path goes round in circles of links",
    errno.ENOMEM: "there is not enough memory",
    errno.EAGAIN: "no more processes can be started now",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCKED_UP = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def report(error: BaseException, session: Session | None, arguments: Sequence[str]) -> int:
    """Say what went wrong on standard error, and in the document under `--json`; return the exit status."""
    session = session or _session_of(arguments, error)
    if session.debug:
        traceback.print_exception(error, file=sys.stderr)
    known = _known(error)
    if known is None:
        known = _bug(error, arguments)
        status = BUG
    else:
        status = known.exit_status
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        session.err.line(error.format_message())  # called without arguments: the help is the answer
        return status
    session.err.line(render(known, session.err))
    if session.json:
        diagnostics = [*session.diagnostics, diagnostic(known)]
        session.out.line(document(session.verb, session.result, diagnostics))
    return status


def diagnostic(error: ModelwrightError) -> Diagnostic:
    """Return an error as an entry of `diagnostics`, with whatever its class adds."""
    content = error.to_dict()
    named = {key: str(content.pop(key, "")) for key in ("code", "message", "where", "remedy")}
    return Diagnostic("error", more=content, **named)


def render(error: ModelwrightError, terminal: Terminal) -> str:
    """Return what was wrong, where, why, what to do, and where to read more."""
    head = terminal.style("error", "red", "bold") + " " + terminal.style(error.code, "bold")
    if isinstance(error, InvalidProjectError):
        lines = [f"{head}: {clean_line(str(error.to_dict()['message']))}", *_problems(error.problems, terminal)]
    else:
        plain = f"error {error.code}"
        lines = [head + _told(f"{plain}: ", error.message, terminal).removeprefix(plain)]
    if error.where:
        lines.append(f"  where: {clean_line(error.where)}")
    if error.remedy:
        lines.append(_told("what to do: ", error.remedy, terminal, 2))
    lines.append(terminal.style(f"  more: modelwright explain {error.code}", "dim"))
    return "\n".join(lines)


def _problems(problems: Sequence[Problem], terminal: Terminal) -> list[str]:
    lines = []
    for problem in problems[:SHOWN]:
        place = f"{problem.file}:{problem.line}  " if problem.file and problem.line else ""
        shown = terminal.style(clean(place), "dim") + terminal.style(clean_line(problem.path), "bold")
        lines.append(f"  {shown}")
        lines += [_told("", text, terminal, 6) for text in (problem.message, problem.hint) if text]
    if len(problems) > SHOWN:
        lines.append(f"  and {len(problems) - SHOWN} more: `modelwright validate --json` shows all of them")
    return lines


def _told(label: str, text: str, terminal: Terminal, indent: int = 0) -> str:
    """Return a text after its label, made safe and broken to the terminal's width; none of its lines is endless.

    Lines that are indented already, such as those of a traceback, are never broken.
    """
    first, *rest = [truncate(line, 2_000) for line in clean(text).strip().splitlines()] or [""]
    lines = [prose(label + first, terminal, indent, hanging=2)]
    lines += [f"  {line}" if line[:1].isspace() else prose(line, terminal, max(indent, 2)) for line in rest]
    return "\n".join(lines)


def _known(error: BaseException) -> ModelwrightError | None:
    """Return the error as one of ours, None for one that must be our bug."""
    if isinstance(error, ModelwrightError):
        return error
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return CancelledError("stopped by Ctrl-C", remedy="run the same command again: it goes on from what is done")
    if isinstance(error, click.UsageError):
        verb = error.ctx.command_path if error.ctx is not None else "modelwright"
        return UsageError(error.format_message(), remedy=f"see `{verb} --help`")
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message())
    if isinstance(error, OSError) and error.errno in _PLACE:
        return _of_the_system(error, _PLACE[error.errno])
    return None


def _of_the_system(error: OSError, meaning: str) -> ModelwrightError:
    """Return what the operating system refused, with the remedy; a write that failed left nothing half-done."""
    again = "then run the same command again: it goes on from what is done"
    remedy = f"remove the cause, {again}"
    if error.errno in _FULL:
        remedy = f"make room (`modelwright prune` removes old runs and captures), {again}"
    elif error.errno in _LOCKED_UP:
        remedy = f"let your user write there, {again}"
    place = error.filename.decode(errors="replace") if isinstance(error.filename, bytes) else error.filename
    return ModelwrightError(f"{meaning}: {place or error}", where=str(place or ""), remedy=remedy)


def _bug(error: BaseException, arguments: Sequence[str]) -> ModelwrightError:
    path = write_report(error, arguments)
    kept = f"a report without secrets was written to {path}" if path else "no report could be written"
    return _InternalError(
        f"this is a bug in modelwright: {type(error).__name__}: {clean_line(str(error))}",
        remedy=f"{kept}; please attach it to an issue. `--debug` shows the traceback",
    )


class _InternalError(ModelwrightError):
    code = "MW9999"
    exit_status = BUG


def _session_of(arguments: Sequence[str], error: BaseException) -> Session:
    """Return the session that the arguments seem to ask for, where they could not be understood."""
    words = list(arguments)
    if "--" in words:
        words = words[: words.index("--")]
    context = getattr(error, "ctx", None)
    verb = context.command_path.partition(" ")[2] if context is not None else ""
    if not verb:
        verb = next((word for word in words if module_of(word)), "usage")

    def asked(flag: str) -> bool:
        return f"--{flag}" in words or os.environ.get(f"MODELWRIGHT_{flag.upper()}", "").lower() in {"1", "true", "yes"}

    return Session(verb=verb, json=asked("json"), debug=asked("debug"))
