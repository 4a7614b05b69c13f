"""The report on a terminal."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.judge import JUDGEMENTS, Judgement, sentence
from evals.screens.layouts import BY_NAME

console = Console()
if not console.is_terminal:
    console = Console(width=140)  # in a file nothing is cut or wrapped


def show_usual(report: dict[str, Any], title: str) -> None:
    """Each rule set by split, then both side by side by layout and by reason."""
    for name, found in report.items():
        for split, counts in {"all": found["all"], **found["split"]}.items():
            print(f"{name:7} {title}, {split:9} {sentence(Counter(counts), places=2)}")
    _side_by_side(report, "layout")
    _side_by_side(report, "reason")


def show_second_reading(title: str, found: dict[str, Any]) -> None:
    """What the second reading costs and catches."""
    print(
        f"second reading, {title}: {found['good_refused']} of {found['good']} pages that the first "
        f"reading answers rightly are refused; {found['wrong_without']} wrong without it"
    )
    table = Table(f"planted misreads, {title}", "planted", "refused by checks", "refused", "wrong")
    for kind, counts in found["planted"].items():
        columns = ("planted", "refused by checks", "refused", "wrong")
        table.add_row(kind, *(str(counts.get(column, 0)) for column in columns))
    console.print(table)
    print(f"reasons given: {found['planted_reasons']}")


def show_thresholds(found: dict[str, Any]) -> None:
    """Threshold → wrong let through, right refused."""
    columns = [
        heading
        for name, table in found.items()
        for heading in (
            f"{name}: wrong passed (of {table['wrong']})",
            f"right refused (of {table['total'] - table['wrong']})",
        )
    ]
    table = Table("confidence ≥", *columns)
    for rows in zip(*(one["rows"] for one in found.values()), strict=True):
        cells = (str(row[key]) for row in rows for key in ("wrong_passed", "right_refused"))
        table.add_row(f"{rows[0]['threshold']:.2f}", *cells)
    console.print(table)


def _side_by_side(report: dict[str, Any], by: str) -> None:
    table = Table(by, *(f"{name} {verdict}" for name in report for verdict in JUDGEMENTS))
    for key in sorted({key for found in report.values() for key in found[by]}):
        cells = [
            _cell(found[by].get(key, {}), verdict)
            for found in report.values()
            for verdict in JUDGEMENTS
        ]
        table.add_row(f"{key}{_mark(key)}", *cells)
    console.print(table)


def _cell(counts: dict[Judgement, int], verdict: Judgement) -> str:
    number = counts.get(verdict, 0)
    return str(number) if number else "·"


def _mark(key: str) -> str:
    return " (held out)" if key in BY_NAME and BY_NAME[key].held_out else ""
