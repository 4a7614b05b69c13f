"""The command `backfill` and its options."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.command import run
from pipeline.url_types import URL_TYPES

# One of them; only the command line looks at which there are.
if TYPE_CHECKING:
    UrlType = str
else:
    UrlType = Literal[URL_TYPES]

commands = typer.Typer()


@commands.command()
def backfill(
    source: Annotated[
        str | None,
        typer.Argument(
            help="A folder of pictures (and of folders); a .csv or .parquet file with a column "
            "image_url, and url_type where links differ; a list of links, one a line; "
            "- is such a list on standard input. Text is UTF-8 or GB 18030 (GBK).",
            show_default=False,
        ),
    ] = None,
    sql: Annotated[
        str | None,
        typer.Option(metavar="QUERY", help="Instead of SOURCE: SELECT image_url, url_type FROM …"),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Of --sql; default: FUNDOCR_DATABASE_URL."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The report, .csv or .parquet; default: CSV on standard output."
        ),
    ] = None,
    url_type: Annotated[
        UrlType,
        typer.Option(help="Of links whose line names none."),
    ] = URL_TYPES[0],
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Read on a Ray cluster: auto or HOST:PORT; local: on this machine's processors.",
        ),
    ] = None,
    readers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="With --ray; default: as many as it has room for."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Processors of a reader; default: 1 with --ray, else FUNDOCR_THREADS or all.",
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option(metavar="N", min=1, max=500, help="Pictures that are stored at once.")
    ] = 32,
    per_host: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Fetches from one host at once, over all readers."),
    ] = 4,
    rules: Annotated[
        str | None, typer.Option(metavar="NAME", help="Default: the setting FUNDOCR_RULES.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="No more lines than these.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and report; look at no row and store none.")
    ] = False,
) -> None:
    """Read many pictures into the table, and report what each line of the source came to.

    Run the same command again after it was killed, and for what failed: what is stored is not read
    again. Bad pictures and links stand in the report and stop nothing: the exit code is 0.
    """
    from bulk.run import Job
    from cli.backfill import backfill as command

    job = Job(
        source=source,
        sql=sql,
        database=database,
        out=out or sys.stdout.buffer,
        url_type=url_type,
        ray=ray,
        readers=readers,
        threads=threads,
        batch=batch,
        per_host=per_host,
        limit=limit,
        dry_run=dry_run,
    )
    run(lambda: command(job, rules))
