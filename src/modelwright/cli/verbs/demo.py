"""`modelwright demo`: live the story of the flights example, and write its report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.endpoints import history_text
from modelwright.cli.session import Session
from modelwright.cli.showcase import STEPS, Showcase
from modelwright.cli.table import facts
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on


@verb(
    "demo",
    examples=["modelwright demo", "modelwright demo --keep", "modelwright demo --folder /tmp/flights --until serve"],
)
@click.option("--folder", default="flights-demo", show_default=True, metavar="PATH", help="Where it lives.")
@click.option("--keep", is_flag=True, help="Leave the endpoint up, to try it with curl.")
@click.option("--until", type=click.Choice(STEPS), default=STEPS[-1], help="The last step to live.")
def command(session: Session, folder: str, keep: bool, until: str) -> Answer:
    """Live four months of real departures from New York on a replay clock.

    A model is trained, gated, served, watched, retrained, rolled out and rolled back, with nobody at a keyboard. Takes
    about a minute and needs no network. The folder keeps everything, with one page of plots: report.html.
    """
    started = time.monotonic()
    show = Showcase(Path(folder).absolute())
    show.prepare()
    again = f"run `modelwright demo --folder {folder}` again"
    with goes_on("nothing serves any more", again), session.progress() as progress:
        try:
            show.live(until, lambda line: progress.note(line, during="the demo"))
        except BaseException:
            show.stop()
            raise
    report = show.write_report()
    if not keep:
        show.stop()
    seconds = time.monotonic() - started
    result = {"folder": str(show.folder), "report": str(report), "seconds": seconds, "kept": keep, **show.address()}
    return Answer({**result, "history": show.history().to_dict()}, _text(session, show, report, seconds, keep=keep))


def _text(session: Session, show: Showcase, report: Path, seconds: float, *, keep: bool) -> str:
    address = show.address()
    pairs: list[tuple[str, Any]] = [("report", report), ("folder", show.folder), ("took", f"{seconds:.0f} s")]
    parts = [history_text(show.history(), session.out), facts(pairs, session.out)]
    if keep and address:
        call = f"curl -H \"authorization: Bearer $(cat '{address['token_file']}')\" {address['url']}/healthz"
        parts.append(
            f"{facts(address.items(), session.out)}\n\ntry:  {call}\n      cd {show.folder} && modelwright status"
        )
        parts.append(f"stop it with: modelwright destroy -p {show.folder} --yes")
    return "\n\n".join(parts)
