"""Help that tells what each command does to the end of its sentence: click cuts it to one line."""

import re
from typing import Any

from typer.core import TyperGroup

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
    found = _SENTENCE.match(text.strip())
    return " ".join((found[0] if found else text).split())
