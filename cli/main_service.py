"""The commands `serve`, `stop`, `doctor` and `token`."""

from typing import Annotated, Literal

import typer

from cli.command import run

commands = typer.Typer()


@commands.command()
def serve() -> None:
    """Start the service; stop it with Ctrl-C or SIGTERM."""
    from serving.serve import serve as command

    run(command)


@commands.command()
def stop() -> None:
    """Stop the service after the requests in flight are answered."""
    from serving.serve import stop as command

    run(command)


@commands.command()
def doctor() -> None:
    """Check that everything the service needs is there, and say how to mend what is not."""
    from cli.doctor import doctor as command

    run(command)


@commands.command()
def token(kind: Annotated[Literal["inference", "management"], typer.Argument()]) -> None:
    """Print the current token of the TorchServe that runs in FUNDOCR_HOME."""
    from cli.token import token as command

    run(lambda: command(kind))
