"""The commands `recognize`, `extract` and `evaluate`, and their options."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.command import run
from ocr.engines import EngineName

commands = typer.Typer()

Rules = Annotated[
    str | None, typer.Option(metavar="NAME", help="Rule set; default: the setting FUNDOCR_RULES.")
]


@commands.command()
def recognize(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help="Pictures, and folders of pictures and of folders: png, jpg, jpeg, webp and bmp, "
            "by name. Other files of a folder are passed over, which is told.",
            show_default=False,
        ),
    ],
    format: Annotated[
        Literal["table", "jsonl", "csv", "xlsx"] | None,
        typer.Option(help="Default: as --out ends, else table."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to the terminal.")
    ] = None,
    rules: Rules = None,
    engine: Annotated[
        EngineName | None,
        typer.Option(help="Default: the setting FUNDOCR_ENGINE."),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Model folder, with det and rec in it; default: a bundled one."
        ),
    ] = None,
) -> None:
    """Read pictures here, without server and database.

    A picture that cannot be read takes a line of its own and stops nothing: the exit code is 0.
    It is 2 when there was nothing to read at all.
    """
    from cli.recognize import recognize as command

    run(lambda: command(paths, format=format, out=out, rules=rules, engine=engine, models=models))


@commands.command()
def extract(rules: Rules = None) -> None:
    """Apply the rules to given lines: JSON lines in, JSON lines out.

    Each line in is a page, one of

    \b
      {"lines": ["text", ...]}
      {"width": 1080, "height": 1920, "lines": [{"text": "...", "confidence": 0.99,
       "quad": [[x, y], [x, y], [x, y], [x, y]]}, ...]}

    Each line out is {"flag", "data", "detail"}, or {"error", "code"} where the line in is no page.
    """
    from cli.extract import extract as command

    run(lambda: command(rules))


@commands.command()
def evaluate(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Pictures and truth.json: what each shows.", show_default=False),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Pages with their values, a JSON object a line."),
    ] = None,
    rules: Rules = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A page with the pictures of the failures.")
    ] = None,
    stored: Annotated[
        bool,
        typer.Option("--stored", help="Rows that people have judged, by model and rules version."),
    ] = False,
) -> None:
    """Hold answers against the truth: right, wrong and missed, by layout and reason."""
    from cli.evaluate import evaluate as command

    if stored:
        from cli.evaluate_stored import evaluate_stored

        run(lambda: evaluate_stored(others=(folder, cases, rules, html)))
    run(lambda: command(folder, cases=cases, rules=rules, html=html))
