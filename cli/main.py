"""The commands and their options. Each command loads its own modules when it is called, so that
help and the light commands start without the OCR engines and the database."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.command import run
from cli.main_bulk import commands as bulk_commands
from cli.main_replay import commands as replay_commands
from cli.main_versions import commands as version_commands

app = typer.Typer(
    name="fundocr",
    help="Reads fund code and usable shares from screenshots of fund apps.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: markup would take the brackets of the JSON examples for its own.
    rich_markup_mode=None,
    # A boxed traceback would show local variables, and with them pictures' texts and passwords.
    pretty_exceptions_enable=False,
)
database = typer.Typer(no_args_is_help=True)
app.add_typer(database, name="db", help="The table of results.")
app.add_typer(version_commands)
app.add_typer(replay_commands)
app.add_typer(bulk_commands)
keys = typer.Typer(no_args_is_help=True)
app.add_typer(keys, name="key", help="Who may call the front door.")

Rules = Annotated[
    str | None, typer.Option(metavar="NAME", help="Rule set; default: the setting FUNDOCR_RULES.")
]


@app.command()
def serve() -> None:
    """Start the service; stop it with Ctrl-C or SIGTERM."""
    from cli.serve import serve as command

    run(command)


@app.command()
def stop() -> None:
    """Stop the service after the requests in flight are answered."""
    from cli.serve import stop as command

    run(command)


@app.command()
def doctor() -> None:
    """Check that everything the service needs is there, and say how to mend what is not."""
    from cli.doctor import doctor as command

    run(command)


@app.command()
def recognize(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help="Pictures, and folders of pictures: png, jpg, jpeg, webp and bmp, by name. "
            "Other files of a folder are passed over, and so are folders inside it.",
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
        Literal["openvino", "onnxruntime", "paddle"] | None,
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


@app.command()
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


@app.command()
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


@app.command()
def token(kind: Annotated[Literal["inference", "management"], typer.Argument()]) -> None:
    """Print the current token of the TorchServe that runs in FUNDOCR_HOME."""
    from cli.token import token as command

    run(lambda: command(kind))


@keys.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="Whose it is; stands in the history of rows.")],
    role: Annotated[
        Literal["caller", "corrector", "admin"],
        typer.Option(help="caller: asks; corrector: corrects too; admin: everything."),
    ],
) -> None:
    """Make a key and print it: it is shown once, only its sha256 is stored."""
    from cli.key import add as command

    run(lambda: command(name, role))


@keys.command("list")
def key_list() -> None:
    """Names, roles and times of all keys."""
    from cli.key import show as command

    run(command)


@keys.command("revoke")
def key_revoke(name: Annotated[str, typer.Argument(help="Whose key it is.")]) -> None:
    """End a key: it opens nothing from now on."""
    from cli.key import revoke as command

    run(lambda: command(name))


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the table of FUNDOCR_DATABASE_URL to this version's form."""
    from cli.database import upgrade as command

    run(command)


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
        typer.Option(metavar="DAYS", min=1, help="All rows that nobody changed since then."),
    ] = None,
) -> None:
    """Delete a row with its history, or all old ones; without either, as FUNDOCR_KEEP_DAYS says."""
    from cli.database import forget as command

    run(lambda: command(url, same_picture=same_picture, older_than=older_than))


@database.command("import-legacy")
def database_import_legacy(
    table: Annotated[str, typer.Option(metavar="NAME", help="Today's table.")] = "ocr_info",
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Its database; default: the service's own."),
    ] = None,
) -> None:
    """Take over today's table; of rows with one link the corrected one, else the last."""
    from cli.legacy import import_table as command

    run(lambda: command(table, source))


@app.command("import-corrections")
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


@app.command()
def export(
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
        str | None, typer.Option(metavar="TIME", help="Changed at or after, such as 2026-11-22.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Made at or after.")] = None,
    state: Annotated[
        str | None, typer.Option(help="open, confirmed, corrected, dismissed; several with commas.")
    ] = None,
    reason: Annotated[str | None, typer.Option()] = None,
    url_type: Annotated[str | None, typer.Option()] = None,
    label: Annotated[str | None, typer.Option()] = None,
    model_version: Annotated[str | None, typer.Option()] = None,
    host: Annotated[str | None, typer.Option()] = None,
    fund_code: Annotated[str | None, typer.Option()] = None,
    url_prefix: Annotated[str | None, typer.Option()] = None,
    for_reread: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL_VERSION,RULES",
            help="Rows that other versions than these have refused and nobody has judged.",
        ),
    ] = None,
) -> None:
    """Rows as CSV or XLSX, or as cases."""
    from cli.export import Wanted
    from cli.export import export as command

    wanted = Wanted(
        state=state,
        reason=reason,
        url_type=url_type,
        label=label,
        model_version=model_version,
        host=host,
        fund_code=fund_code,
        url_prefix=url_prefix,
        since=since,
        updated_since=updated_since,
        for_reread=for_reread,
    )
    run(lambda: command(wanted, cases=cases, format=format, out=out))


def main() -> None:
    """The console entry point."""
    app()


if __name__ == "__main__":
    main()
