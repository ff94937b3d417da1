"""`modelwright report`: write pages on everything, to be read in a browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Any

import click

from modelwright.cli.answer import Answer
from modelwright.cli.session import Session
from modelwright.cli.table import facts
from modelwright.cli.verb import verb

SHOWN = 5


@verb(
    "report",
    examples=[
        "modelwright report",
        "modelwright report --to site --open",
        "modelwright report -e prod --to site --json",
    ],
)
@click.option("--to", "folder", default="report", show_default=True, metavar="FOLDER", help="Where to write them.")
@click.option("--open", "opens", is_flag=True, help="Open the first page in the browser.")
def command(session: Session, folder: str, opens: bool) -> Answer:
    """Write a page per version, model, run, endpoint and monitor, and every decision.

    The pages are plain files that need no server, no script and no network: send the folder to whoever asks why a model
    serves, or keep it beside a release. An earlier report in the folder is replaced; anything else there is left alone.
    """
    from modelwright.report.site import write_site

    with session.progress() as progress:
        progress("pages", "start", folder)

        def show(_path: str, number: int, many: int) -> None:
            progress.say("pages", f"{number:,} of {many:,}")

        try:
            site = write_site(session.client(), Path(folder).absolute(), progress=show)
        except BaseException:
            progress("pages", "failed")
            raise
        progress("pages", "done", f"{len(site.pages):,}")
    for trouble in site.troubles[:SHOWN]:
        session.warn(f"{trouble.where} cannot be read: {trouble.why}")
    if len(site.troubles) > SHOWN:
        session.warn(f"{len(site.troubles) - SHOWN} more cannot be read: the first page lists them")
    if opens:
        webbrowser.open(site.index.as_uri())
    pairs: list[tuple[str, Any]] = [("first page", site.index), ("pages", len(site.pages))]
    return Answer(site.to_dict(), facts(pairs, session.out))
