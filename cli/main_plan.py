"""The command `plan` and its options."""

from typing import Annotated, Literal

import typer

from cli.command import run

commands = typer.Typer()


@commands.command()
def plan(
    pictures_per_day: Annotated[int, typer.Option(metavar="N", min=1)],
    peak: Annotated[
        float, typer.Option(min=1, help="The busiest hour against the mean of the day.")
    ] = 3.0,
    cores_per_machine: Annotated[int, typer.Option(min=1)] = 2,
    load: Annotated[
        float, typer.Option(min=0.05, max=1, help="Of a machine, in the busiest hour.")
    ] = 0.7,
    spare: Annotated[int, typer.Option(min=0, help="Machines that may be lost then.")] = 1,
    keep_days: Annotated[int, typer.Option(min=1, help="How long rows stay.")] = 365,
    picture_kb: Annotated[
        float | None, typer.Option(min=1, help="Of a file; default: as the samples have it.")
    ] = None,
    format: Annotated[Literal["text", "json"], typer.Option()] = "text",
) -> None:
    """Machines, workers, memory, database and network for so many pictures, with the arithmetic.

    From what was measured; nothing is asked of this machine.
    """
    from cli.plan import PlanOptions, as_json, measured
    from cli.plan import plan as work_out
    from cli.plan_text import lines

    options = PlanOptions(
        pictures_per_day=pictures_per_day,
        peak=peak,
        cores_per_machine=cores_per_machine,
        load=load,
        spare=spare,
        keep_days=keep_days,
        picture_kb=picture_kb,
    )

    def command() -> int:
        facts = measured()
        if format == "json":
            print(as_json(options, facts))
        else:
            print("\n".join(lines(options, work_out(options, facts), facts)))
        return 0

    run(command)
