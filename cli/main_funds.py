"""The commands of `fundocr funds` and their options."""

from pathlib import Path
from typing import Annotated

import typer

from cli.command import run

commands = typer.Typer()

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help='A CSV with codes and names, or a script: var r = [["000001", …, "恒澜成长混合"], …];',
    ),
]


@commands.command("check")
def funds_check(file: File) -> None:
    """Whether a list can be used: its funds, lines that repeat, bad lines, and its version."""
    from cli.fund_lists import check as command

    run(lambda: command(file))


@commands.command("convert")
def funds_convert(
    file: File,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: standard output.")
    ] = None,
) -> None:
    """Write a list as a CSV of code,name."""
    from cli.fund_lists import convert as command

    run(lambda: command(file, out))
