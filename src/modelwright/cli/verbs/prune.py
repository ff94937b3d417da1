"""`modelwright prune`: remove what is old and what nothing refers to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.pruning import prunable
from modelwright.cli.session import Session
from modelwright.cli.spans import Span
from modelwright.cli.table import Column, prose, table
from modelwright.cli.verb import verb

if TYPE_CHECKING:
    from datetime import timedelta


@verb(
    "prune",
    examples=["modelwright prune", "modelwright prune --runs-older-than 7d --capture-older-than 52w --yes"],
)
@click.option("--dry-run", is_flag=True, help="Show what would go and ask nothing, also with --yes.")
@click.option(
    "--runs-older-than",
    "runs",
    type=Span(),
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="Remove the files of runs that ended before that, such as 12h, 30d or 8w.",
)
@click.option(
    "--capture-older-than",
    "capture",
    type=Span(),
    default="90d",
    show_default=True,
    metavar="DURATION",
    help="Remove captured requests of days before that.",
)
def command(session: Session, dry_run: bool, runs: timedelta, capture: timedelta) -> Answer:
    """Show which old runs and captured requests could go, and remove them after a yes.

    Where nobody can be asked, nothing is removed without --yes.

    Never removed: what an alias, a live release or the release before it refers to, results, the ledger, and captured
    requests that a monitor's open windows still need.
    """
    platform = session.client().platform
    found = list(prunable(platform, runs_older=runs, captures_older=capture))
    objects = sum(len(one.keys) for one in found)
    asked = not session.yes and not session.json and sys.stdin.isatty()
    shown = dry_run or not (session.yes or asked)
    result = {"dry_run": shown, "objects": objects, "groups": [one.to_dict() for one in found]}
    if not found:
        return Answer(result, "nothing to remove")
    columns = [Column("WHAT"), Column("WHY", wraps=True), Column("OBJECTS", right=True)]
    text = table(columns, [(one.what, one.why, len(one.keys)) for one in found], session.out)
    if shown:
        said = f"{objects} objects would be removed; `modelwright prune --yes` removes them"
        return Answer(result, f"{text}\n\n{prose(said, session.out)}")
    if asked:
        session.err.line(text)
    session.confirm(f"{objects} objects will be removed")
    with session.progress() as progress:
        for one in found:
            progress(one.what, "start")
            for key in one.keys:
                platform.store.delete(key)
            progress(one.what, "done")
    return Answer(result, f"{objects} objects removed")
