"""`modelwright prune`: remove what is old and what nothing refers to."""

from __future__ import annotations

from datetime import timedelta

import click

from modelwright.cli.answer import Answer
from modelwright.cli.pruning import prunable
from modelwright.cli.session import Session
from modelwright.cli.table import Column, table
from modelwright.cli.verb import verb


@verb("prune", examples=["modelwright prune --dry-run", "modelwright prune --runs-older-than 7 --yes"])
@click.option("--dry-run", is_flag=True, help="Show what would go, and remove nothing.")
@click.option("--runs-older-than", "runs", type=click.IntRange(min=0), default=30, show_default=True, metavar="DAYS")
@click.option(
    "--capture-older-than", "capture", type=click.IntRange(min=0), default=90, show_default=True, metavar="DAYS"
)
def command(session: Session, dry_run: bool, runs: int, capture: int) -> Answer:
    """Remove the files of old runs and captured requests beyond their retention.

    Never removed: what an alias, a live release or the release before it refers to, results, the ledger, and captured
    requests that a monitor's open windows still need.
    """
    platform = session.client().platform
    found = list(prunable(platform, runs_older=timedelta(days=runs), captures_older=timedelta(days=capture)))
    objects = sum(len(one.keys) for one in found)
    result = {"dry_run": dry_run, "objects": objects, "groups": [one.to_dict() for one in found]}
    if not found:
        return Answer(result, "nothing to remove")
    columns = [Column("WHAT"), Column("WHY", wraps=True), Column("OBJECTS", right=True)]
    text = table(columns, [(one.what, one.why, len(one.keys)) for one in found], session.out)
    if dry_run:
        return Answer(result, f"{text}\n\n{objects} objects would be removed")
    if not session.yes and not session.json:
        session.err.line(text)
    session.confirm(f"{objects} objects will be removed")
    with session.progress() as progress:
        for one in found:
            progress(one.what, "start")
            for key in one.keys:
                platform.store.delete(key)
            progress(one.what, "done")
    return Answer(result, f"{objects} objects removed")
