"""`modelwright image`: build the image of training and serving, and bring it to a registry or a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from modelwright.cli.answer import Answer
from modelwright.cli.group import group
from modelwright.cli.session import Session
from modelwright.cli.table import Column, facts, table
from modelwright.cli.verb import verb

if TYPE_CHECKING:
    from modelwright.cli.imaging import Imaged
    from modelwright.spec.image import Image
    from modelwright.spec.project import Project

command = group("image", "Build the image of training and serving, without a daemon.")
_KB = 1000


@verb(
    "build",
    group=command,
    examples=[
        "modelwright image build --push registry.example.org/team/flights:1.0",
        "modelwright image build --layout build/image --json",
    ],
)
@click.argument("resource", required=False)
@click.option("--push", metavar="NAME", help="Push it under this name, such as registry.example.org/team/flights:1.0.")
@click.option("--layout", metavar="FOLDER", type=click.Path(file_okay=False), help="Write it as an OCI layout folder.")
@click.option("--base", metavar="NAME", help="The base, instead of the declared one: a name with its @sha256 digest.")
@click.option(
    "--platform",
    type=click.Choice(["linux/amd64", "linux/arm64"]),
    default="linux/amd64",
    show_default=True,
    help="What it runs on.",
)
@click.option("--plain-http", is_flag=True, help="Speak to registries without TLS, in a network of one's own.")
@click.option(
    "--cache",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Where wheels and layers are kept.  [default: ~/.cache/modelwright/images]",
)
def build(  # one parameter an option
    session: Session,
    resource: str | None,
    push: str | None,
    layout: str | None,
    base: str | None,
    platform: str,
    plain_http: bool,
    cache: str | None,
) -> Answer:
    """Build the project's image: locked dependencies, modelwright and the project's files on a base that is pinned.

    The same files give the same digest wherever and whenever they are built. Without --push and --layout the image is
    built and kept for the next time. Credentials come from Docker's own config. Nothing of a wheel is executed.
    """
    from modelwright.cli.imaging import Wish, make_image
    from modelwright.spec.loading import load_project, project_file

    project = load_project(session.project)
    wish = Wish(base, platform, push, layout, cache, plain_http)
    with session.progress() as progress:
        made = make_image(project, _image(project, resource), project_file(session.project).parent, wish, progress)
    for note in made.built.notes:
        session.warn(note)
    return Answer(made.to_dict(), _text(session, made))


def _image(project: Project, name: str | None) -> Image:
    """Return the project's image, or the one that a training job or an endpoint declares for itself."""
    own = getattr(project.inventory[name], "image", None) if name else None
    return own or project.image


def _text(session: Session, made: Imaged) -> str:
    document = made.to_dict()
    pairs = [(name, document[name]) for name in ("digest", "image", "layout", "base", "platform", "python")]
    rows = [
        (layer["title"], layer["digest"], _size(layer["size"]), layer["made"], layer["sent"])
        for layer in document["layers"]
    ]
    columns = [
        Column("LAYER"),
        Column("DIGEST", shrinks=True),
        Column("SIZE", right=True),
        Column("MADE"),
        Column("SENT"),
    ]
    return "\n\n".join(
        [facts([*pairs, ("size", _size(document["size"]))], session.out), table(columns, rows, session.out)]
    )


def _size(size: int) -> str:
    """Return bytes as people say them: 512 B, 1.5 kB, 24.2 MB."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < _KB:
            break
        amount, unit = amount / _KB, larger
    return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
