"""How every command ends."""

from collections.abc import Callable
from typing import NoReturn

import typer

from serving.failure import Failure
from serving.process import private_files
from serving.say import plain_lines


def run(command: Callable[[], int]) -> NoReturn:
    """End the process with what a command returns; of a Failure its sentence and its code."""
    try:
        with private_files():
            code = command()
    except Failure as failure:
        typer.echo(plain_lines(failure), err=True)
        code = failure.exit_code
    raise typer.Exit(code)
