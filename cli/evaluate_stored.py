"""`fundocr evaluate --stored`: what people said of rows, by the versions that read them."""

from rich.console import Console
from rich.table import Table

from cli.judge import JUDGEMENTS
from db.statistics import Numbers
from pipeline.plain import escaped
from serving.database import opened_engine
from serving.failure import USAGE, Failure


def evaluate_stored(*, others: tuple[object, ...]) -> int:
    """Print right, wrong and missed of each model and rules version, with counts.

    others: the command's other arguments, of which none may be given.
    """
    if any(others):
        raise Failure("--stored stands alone: it goes by the rows of the database.", USAGE)
    with opened_engine() as engine:
        models = Numbers(engine).accuracy()
    table = Table("model", "rules", "judged", *JUDGEMENTS, "right, %", box=None, pad_edge=False)
    for model in models:
        counts = (model.judged, model.right, model.wrong, model.missed)
        share = f"{100 * model.right / model.judged:.1f}"
        versions = map(escaped, (model.model_version, model.rules_version))
        table.add_row(*versions, *(f"{n:,}" for n in counts), share)
    console = Console(soft_wrap=True, markup=False)
    if models:
        console.print(table)
    else:
        console.print("No row has been judged by a person yet.")
    return 0
