"""Ends every command with its exit code, or with a Failure's sentence."""

import re
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

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


# Help that tells what each command does to the end of its sentence: click cuts it to one line.

_SENTENCE = re.compile(r".+?\.(?=\s|$)", re.DOTALL)


class WholeHelp(TyperGroup):
    """A group whose list of commands has the whole first sentence of each."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 — typer's own click
        """See click."""
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.short_help:
                command.short_help = _first_sentence(command.help or "")
        super().format_commands(ctx, formatter)


def _first_sentence(text: str) -> str:
    match = _SENTENCE.match(text.strip())
    return " ".join((match[0] if match else text).split())
