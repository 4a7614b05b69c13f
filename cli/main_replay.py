"""The commands `replay`, `reread` and `drift`, and their options."""

from pathlib import Path
from typing import Annotated

import typer

from cli.command import run
from cli.selection import RowFilters, chooses_rows

commands = typer.Typer()

Apply = Annotated[
    bool, typer.Option("--apply", help="Store what changes; rows that people judged stay.")
]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="A page with the rows.")]


@commands.command()
@chooses_rows
def replay(
    *,
    rules: Annotated[
        str | None, typer.Option(metavar="NAME", help="Default: the setting FUNDOCR_RULES.")
    ] = None,
    apply: Apply = False,
    html: Html = None,
    filters: RowFilters,
) -> None:
    """Apply rules to the pages that rows keep: what would change, be gained and be lost.

    Nothing is changed unless --apply is given.
    """
    from cli.replay import replay_rows as command

    run(lambda: command(filters, rules=rules, apply=apply, html=html))


@commands.command()
@chooses_rows
def reread(
    *,
    model: Annotated[
        str, typer.Option(metavar="VERSION", help="As TorchServe has it (fundocr versions).")
    ],
    apply: Apply = False,
    html: Html = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="No more rows than these.")
    ] = None,
    filters: RowFilters,
) -> None:
    """Read the pictures of rows again with another version: what would change, be gained and lost.

    Links are fetched again; uploads were not kept. Nothing is changed unless --apply is given.
    """
    from cli.reread import reread as command

    run(lambda: command(filters, version=model, apply=apply, html=html, limit=limit))


@commands.command()
def drift(
    days: Annotated[
        int, typer.Option(min=1, max=36_500, help="How long each of the two times is.")
    ] = 7,
) -> None:
    """What changed since last week: refusals by reason and host, new labels, confidence.

    Days and times are by the clock of FUNDOCR_TIMEZONE.
    """
    from cli.drift import drift as command

    run(lambda: command(days))
