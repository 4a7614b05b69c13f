"""Results of `fundocr recognize` as a table, JSON lines, CSV or a spreadsheet.

A result is `{"file", "flag", "data", "detail"}` or `{"file", "error", "code"}`. Each writer takes
them as they come; JSON lines and CSV are written one by one, the others when all are there.
"""

import io
import sys
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, BinaryIO

from pipeline import spreadsheet
from pipeline.response import Body, to_json
from pipeline.spreadsheet import csv_line

COLUMNS = (
    *("file", "flag", "fund_code", "hold_share", "label", "reason"),
    *("candidate_fund_codes", "candidate_hold_shares", "candidate_holdings"),
    *("fund_code_confidence", "hold_share_confidence", "error", "code"),
)


def write_jsonl(results: Iterable[Body], out: BinaryIO) -> None:
    """One JSON object a line, each as soon as it is there."""
    for result in results:
        out.write(to_json(result).encode() + b"\n")
        out.flush()


def write_csv(results: Iterable[Body], out: BinaryIO) -> None:
    """UTF-8 CSV of COLUMNS, each line as soon as it is there."""
    for cells in chain([COLUMNS], map(_cells, results)):
        out.write(csv_line(cells))
        out.flush()


def write_xlsx(results: Iterable[Body], out: BinaryIO) -> None:
    """A workbook of one sheet with COLUMNS."""
    spreadsheet.write_xlsx(COLUMNS, map(_sheet_cells, results), out)


def write_table(results: Iterable[Body], out: BinaryIO) -> None:
    """A table for people, with a line of counts below it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("file", "fund code", "hold share", "reason", "candidates or error")
    counts = {"answered": 0, "refused": 0, "failed": 0}
    for result in results:
        cells = dict(zip(COLUMNS, _cells(result), strict=True))
        state = "failed" if "error" in result else "answered" if result["flag"] else "refused"
        counts[state] += 1
        table.add_row(
            Text(cells["file"], overflow="fold"),
            cells["fund_code"],
            cells["hold_share"],
            cells["reason"] or cells["code"],
            Text(cells["error"] or _candidates(cells)),
            style={"answered": "", "refused": "yellow", "failed": "red"}[state],
        )
    terminal = out.isatty()
    text = io.TextIOWrapper(
        out, encoding=sys.stdout.encoding if terminal else "utf-8", errors="replace"
    )
    # Off a terminal nothing needs to be folded or cut to fit.
    console = Console(file=text, width=None if terminal else 10_000)
    console.print(table)
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()), highlight=False)
    text.detach()


WRITERS: dict[str, Callable[[Iterable[Body], BinaryIO], None]] = {
    "table": write_table,
    "jsonl": write_jsonl,
    "csv": write_csv,
    "xlsx": write_xlsx,
}


def _cells(result: Body) -> list[str]:
    """One text for each of COLUMNS; empty where the result has no such part."""
    values = _values(result) | {"flag": str(result["flag"]).lower() if "flag" in result else None}
    texts = ("" if (value := values.get(name)) is None else str(value) for name in COLUMNS)
    return [spreadsheet.writable(text) for text in texts]


def _sheet_cells(result: Body) -> list[spreadsheet.Cell]:
    """The same for a workbook: the flag and confidences are what they are, and so is a share where
    nothing of it is lost by it."""
    values = _values(result)
    values["hold_share"] = spreadsheet.number(values.get("hold_share") or "")
    return [values.get(name) for name in COLUMNS]


def _values(result: Body) -> dict[str, Any]:
    detail = result.get("detail", {})
    candidates = detail.get("candidates", {})
    code, share = detail.get("fund_code") or {}, detail.get("hold_share") or {}
    return {
        "file": result["file"],
        "flag": result.get("flag"),
        **result.get("data", {}),
        "label": share.get("label"),
        "reason": detail.get("reason"),
        "candidate_fund_codes": " ".join(candidates.get("fund_codes", ())),
        "candidate_hold_shares": " ".join(candidates.get("hold_shares", ())),
        "candidate_holdings": "; ".join(map(_holding, candidates.get("holdings", ()))),
        "fund_code_confidence": code.get("confidence"),
        "hold_share_confidence": share.get("confidence"),
        "error": result.get("error"),
        "code": result.get("code"),
    }


def _holding(pair: dict[str, Any]) -> str:
    """One of a list: code, name where there is one, share."""
    return " ".join(filter(None, (pair["fund_code"], pair["name"], pair["hold_share"])))


def _candidates(cells: dict[str, str]) -> str:
    """What was found on a page that has no sure answer."""
    if cells["flag"] == "true":
        return ""
    if cells["candidate_holdings"]:
        return f"holdings: {cells['candidate_holdings']}"
    candidates = (
        ("codes", cells["candidate_fund_codes"]),
        ("shares", cells["candidate_hold_shares"]),
    )
    return "; ".join(f"{name}: {values}" for name, values in candidates if values)
