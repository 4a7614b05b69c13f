"""The commands `deploy`, `rollback`, `versions` and `scale`, and their options."""

from pathlib import Path
from typing import Annotated

import typer

from cli.command import run

commands = typer.Typer()


@commands.command()
def deploy(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE.mar", help="Built by archive.sh.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Default: as many as serve now.")
    ] = None,
    stored: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Read the N newest links that people have judged, too."
        ),
    ] = 0,
    fewer: Annotated[
        int, typer.Option(metavar="N", min=0, help="Answers that it may give fewer than now.")
    ] = 0,
) -> None:
    """Put a version into service without a gap: load it, check it, switch over, remove the old one.

    It is checked on the bundled samples, without writing rows: an answer that is wrong, or fewer
    answers than the version in service gives, and nothing is changed.
    """
    from serving.acceptance import Checks
    from serving.deploy import deploy as command

    checks = Checks(stored=stored, fewer=fewer)
    run(lambda: command(archive, workers=workers, checks=checks))


@commands.command()
def rollback(
    model: Annotated[str, typer.Argument(help="Whose version.")] = "ocr_handler",
) -> None:
    """Put the version back into service that was there before."""
    from serving.deploy import rollback as command

    run(lambda: command(model))


@commands.command()
def versions() -> None:
    """What is registered, which version answers, and since when."""
    from serving.scale import versions as command

    run(command)


@commands.command()
def scale(
    model: Annotated[
        str | None, typer.Argument(help="Whose workers; without it: as config.properties says.")
    ] = None,
    workers: Annotated[int | None, typer.Argument(min=1, help="How many from now on.")] = None,
) -> None:
    """Change the number of workers without losing an answer at the front door."""
    from serving.scale import scale as command

    run(lambda: command(model, workers))
