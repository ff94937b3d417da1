"""`modelwright endpoint`: call, inspect, steer and roll back what serves."""

from __future__ import annotations

import click

from modelwright.cli.answer import Answer
from modelwright.cli.calling import prediction_text, read_rows
from modelwright.cli.counts import Count
from modelwright.cli.endpoints import endpoint_document, endpoint_text, history_text, weights_of
from modelwright.cli.following import show_logs
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.verb import verb
from modelwright.cli.waiting import goes_on, steps

command = group("endpoint", "Call, inspect, steer or roll back an endpoint.", default="status")
_endpoint = click.argument("name", required=False)


@verb("status", group=command, examples=["modelwright endpoint status delay-api"])
@_endpoint
def status(session: Session, name: str | None) -> Answer:
    """Show what serves behind an endpoint: release, versions, traffic, and what each server says."""
    client = session.client()
    document = endpoint_document(client, name or client.only_endpoint())
    return Answer(document, endpoint_text(document, session.out))


@verb(
    "invoke",
    group=command,
    examples=[
        "modelwright endpoint invoke delay-api --sample",
        'modelwright endpoint invoke delay-api --data \'[{"distance": 1400, "carrier": "AA"}]\'',
        "modelwright endpoint invoke delay-api --file rows.json --json",
    ],
)
@_endpoint
@click.option("--sample", is_flag=True, help="Send the sample stored with the version that serves.")
@click.option("--data", metavar="JSON", help="Rows: a list of objects, one object, or columns of lists.")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Rows as JSON, JSON lines or CSV.",
)
@click.option("--variant", metavar="VARIANT", help="Ask one variant by name, whatever the traffic.")
def invoke(
    session: Session, name: str | None, *, sample: bool, data: str | None, file: str | None, variant: str | None
) -> Answer:
    """Send rows to an endpoint and show its answer, and which version gave it.

    `--file -` reads standard input.
    """
    client = session.client()
    endpoint = name or client.only_endpoint()
    rows = read_rows(lambda: client.sample(endpoint), wanted=sample, data=data, file=file)
    prediction = client.predict(endpoint, rows, variant=variant)
    return Answer({"rows": rows, **prediction.to_dict()}, prediction_text(rows, prediction, session.out))


@verb("history", group=command, examples=["modelwright endpoint history delay-api"])
@_endpoint
def history(session: Session, name: str | None) -> Answer:
    """Show what served when, by whom it was released, and on what evidence."""
    client = session.client()
    found = client.history(name or client.only_endpoint())
    return Answer(found.to_dict(), history_text(found, session.out))


@verb(
    "traffic",
    group=command,
    examples=["modelwright endpoint traffic delay-api", "modelwright endpoint traffic delay-api v8-r13=20 v7-r12=80"],
)
@click.argument("name")
@click.argument("weights", nargs=-1)
@click.option("--reason", metavar="TEXT", default="", help="Why; it stays in the ledger.")
def traffic(session: Session, name: str, weights: tuple[str, ...], reason: str) -> Answer:
    """Show the shares of the variants behind NAME, or set them: VARIANT=PERCENT, summing to 100."""
    client = session.client()
    if weights:
        from modelwright.client.steering import set_traffic

        set_traffic(client.platform, name, weights_of(weights), reason=reason)
    document = endpoint_document(client, name)
    return Answer(document, endpoint_text(document, session.out))


@verb("rollback", group=command, examples=['modelwright endpoint rollback delay-api --reason "complaints since noon"'])
@_endpoint
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stays in the ledger.")
@click.option("--detach", is_flag=True, help="Decide it and do not wait.")
def rollback(session: Session, name: str | None, reason: str, detach: bool) -> Answer:
    """Go back to what served before: model, serving configuration, traffic and monitor baseline."""
    client = session.client()
    endpoint = name or client.only_endpoint()
    decided = client.rollback(endpoint, reason=reason)
    if not detach:
        resume = f"`modelwright endpoint rollback {endpoint}` waits again, `modelwright operate` finishes it"
        with goes_on("the rollback is decided", resume), session.progress() as progress:
            progress.say(endpoint, decided.text)
            decided.wait(on_progress=steps(progress, f"endpoint/{endpoint}", endpoint))
            progress(endpoint, "done", decided.text)
    document = endpoint_document(client, endpoint)
    return Answer({**decided.to_dict(), "endpoint": document}, endpoint_text(document, session.out))


@verb("retire", group=command, examples=['modelwright endpoint retire delay-api --reason "replaced by delay-api-2"'])
@click.argument("name")
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stays in the ledger.")
def retire(session: Session, name: str, reason: str) -> Answer:
    """Take everything from behind an endpoint. A later promotion puts a version there again."""
    client = session.client()
    session.confirm(f"{name} will answer no request until a version is promoted again", typed=name)
    client.retire(name, reason=reason)
    return Answer({"endpoint": name, "retired": True}, f"nothing serves behind {name} any more")


@verb("logs", group=command, examples=["modelwright endpoint logs delay-api", "modelwright endpoint logs -f delay-api"])
@_endpoint
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("-n", "--lines", type=Count(0), default=200, show_default=True, help="Only the last lines.")
def logs(session: Session, name: str | None, follow: bool, lines: int) -> Answer:
    """Print the log of the router and of all servers behind an endpoint; with -f what comes."""
    client = session.client()
    endpoint = name or client.only_endpoint()
    client.platform.record.resource("endpoint", endpoint)

    def read(offset: int) -> tuple[str, int]:
        return client.platform.driver.serving.logs(endpoint, offset)

    return show_logs(session, read, follow=follow, over=lambda: False, lines=lines)
