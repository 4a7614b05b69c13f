"""The commands of `fundocr key` and their options."""

from typing import Annotated

import typer

from cli.command import run
from db.roles import Role, summary

commands = typer.Typer()


@commands.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="Whose it is; stands in the history of rows.")],
    role: Annotated[
        Role,
        typer.Option(help=f"{summary()}."),
    ],
) -> None:
    """Make a key and print it: it is shown once, only its sha256 is stored."""
    from cli.key import add as command

    run(lambda: command(name, role))


@commands.command("list")
def key_list() -> None:
    """Names, roles and times of all keys."""
    from cli.key import show as command

    run(command)


@commands.command("revoke")
def key_revoke(name: Annotated[str, typer.Argument(help="Whose key it is.")]) -> None:
    """End a key: it opens nothing from now on."""
    from cli.key import revoke as command

    run(lambda: command(name))


@commands.command("login-link")
def key_login_link(
    name: Annotated[str, typer.Argument(help="Whose key it stands for.")] = "admin",
) -> None:
    """Print an address that logs in to the review pages once: for a lost key, for instance."""
    from cli.key import login_link as command

    run(lambda: command(name))
