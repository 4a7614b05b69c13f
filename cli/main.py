"""All commands, by subject. Each command loads its own modules when it is called, so that help and
the light commands start without the OCR engines and the database."""

from typing import Annotated

import typer

from cli import (
    main_bulk,
    main_funds,
    main_keys,
    main_pictures,
    main_plan,
    main_replay,
    main_rows,
    main_service,
    main_versions,
)
from cli.command import WholeHelp

app = typer.Typer(
    name="fundocr",
    cls=WholeHelp,
    help="Reads fund code and usable shares from screenshots of fund apps.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: markup would take the brackets of the JSON examples for its own.
    rich_markup_mode=None,
    # A boxed traceback would show local variables, and with them pictures' texts and passwords.
    pretty_exceptions_enable=False,
)
app.add_typer(main_service.commands)
app.add_typer(main_pictures.commands)
app.add_typer(main_rows.commands)
app.add_typer(main_versions.commands)
app.add_typer(main_replay.commands)
app.add_typer(main_bulk.commands)
app.add_typer(main_plan.commands)
app.add_typer(main_rows.database, name="db", help="The table of results.", cls=WholeHelp)
app.add_typer(
    main_funds.commands,
    name="funds",
    help="Lists of funds, for FUNDOCR_FUND_LIST.",
    no_args_is_help=True,
    cls=WholeHelp,
)
app.add_typer(
    main_keys.commands,
    name="key",
    help="Who may call the front door.",
    no_args_is_help=True,
    cls=WholeHelp,
)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"fundocr {version('fundocr')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Reads fund code and usable shares from screenshots of fund apps."""


def main() -> None:
    """The console entry point."""
    app()


if __name__ == "__main__":
    main()
