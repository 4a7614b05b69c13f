"""How every command ends."""

from collections.abc import Callable
from typing import NoReturn

import typer

from cli.failure import Failure


def run(command: Callable[[], int]) -> NoReturn:
    """End the process with what a command returns; of a Failure its sentence and its code."""
    try:
        code = command()
    except Failure as failure:
        typer.echo(failure, err=True)
        code = failure.exit_code
    raise typer.Exit(code)
