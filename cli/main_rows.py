"""The commands of `fundocr db`, `export` and `import-corrections`, and their options."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.command import run
from cli.selection import TIME_HELP, RowFilters, chooses_rows

commands = typer.Typer()
database = typer.Typer(no_args_is_help=True)


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the table of FUNDOCR_DATABASE_URL to this version's form."""
    from cli.database import upgrade as command

    run(command)


@database.command("copy")
def database_copy(
    to: Annotated[
        str, typer.Option(metavar="URL", help="Another database, upgraded and without a row.")
    ],
) -> None:
    """Copy all rows of FUNDOCR_DATABASE_URL into another database, whole or not at all."""
    from cli.copy import copy as command

    run(lambda: command(to))


@database.command("forget")
def database_forget(
    url: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="The link, to the letter.")
    ] = None,
    same_picture: Annotated[
        bool, typer.Option("--same-picture", help="Its rows under other links too.")
    ] = False,
    older_than: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", min=1, max=36_500, help="All rows that nobody changed since then."
        ),
    ] = None,
) -> None:
    """Delete a row with its history, or all old ones; without either, as FUNDOCR_KEEP_DAYS says."""
    from cli.database import forget as command

    run(lambda: command(url, same_picture=same_picture, older_than=older_than))


@database.command("import-legacy")
def database_import_legacy(
    table: Annotated[str, typer.Option(metavar="NAME", help="The old table.")] = "ocr_info",
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Its database; default: the service's own."),
    ] = None,
) -> None:
    """Take over the legacy table; of rows with one link the corrected one, else the last."""
    from cli.legacy import import_table as command

    run(lambda: command(table, source))


@commands.command("import-corrections")
def import_corrections(
    file: Annotated[
        Path,
        typer.Argument(help="CSV or XLSX: image_url, fund_code, hold_share, note.", metavar="FILE"),
    ],
    actor: Annotated[str, typer.Option(metavar="NAME", help="Who corrects.")] = "import",
) -> None:
    """Store a list of corrections; a line that is wrong is told and stops no other."""
    from cli.import_corrections import import_corrections as command

    run(lambda: command(file, actor=actor))


@commands.command()
@chooses_rows
def export(
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to the terminal.")
    ] = None,
    format: Annotated[
        Literal["csv", "xlsx"] | None, typer.Option(help="Default: as --out ends, else csv.")
    ] = None,
    cases: Annotated[
        bool,
        typer.Option("--cases", help="Pages that people judged, for fundocr evaluate --cases."),
    ] = False,
    updated_since: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"Changed at or after {TIME_HELP}.")
    ] = None,
    filters: RowFilters,
) -> None:
    """Rows as CSV or XLSX, or as cases.

    Times are by the clock of FUNDOCR_TIMEZONE, each with its offset from UTC.
    """
    from cli.export import export as command

    run(lambda: command(filters, updated_since=updated_since, cases=cases, format=format, out=out))
