"""`fundocr drift`: what changed since last week."""

from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from cli.store import opened_engine
from db.windows import SAMPLE, Window, window
from pipeline.drift import moved, new_labels

_LABELS = 20


def drift(days: int) -> int:
    """Hold the last `days` days against as many before; print what moved."""
    until = datetime.now(UTC)
    middle, since = until - timedelta(days=days), until - timedelta(days=2 * days)
    with opened_engine() as engine:
        before, now = window(engine, since, middle), window(engine, middle, until)
    console = Console(soft_wrap=True, markup=False, highlight=False)
    for title, one in (("before", before), ("now", now)):
        console.print(
            f"{title:7} {one.since:%Y-%m-%d %H:%M} – {one.until:%Y-%m-%d %H:%M}: {_sum(one)}"
        )
    if not before.rows or not now.rows:
        console.print("There is nothing to compare with yet.")
        return 0
    changes = list(moved(before, now))
    if changes:
        table = Table("what", "before", "now", "rows now", box=None, pad_edge=False)
        for change in changes:
            shares = (f"{change.before:.1%}", f"{change.now:.1%}")
            table.add_row(change.what, *shares, f"{change.rows:,}")
        console.print(table)
    labels = new_labels(before, now)
    if labels:
        table = Table("new beside numbers", "since", "pages", "", box=None, pad_edge=False)
        for label in labels[:_LABELS]:
            known = "the rules know it" if label.known else "unknown to the rules"
            table.add_row(label.text, f"{label.first_seen:%a %m-%d %H:%M}", str(label.rows), known)
        console.print(table)
        if len(before.pages) == SAMPLE or len(now.pages) == SAMPLE:
            console.print(f"(of the newest {SAMPLE:,} pages of each time)")
    if not changes and not labels:
        console.print("Nothing moved that chance would not move.")
    return 0


def _sum(one: Window) -> str:
    refused = one.rows - one.reasons[None]
    share = f" ({refused / one.rows:.1%})" if one.rows else ""
    return f"{one.rows:,} pictures, {refused:,} refused{share}"
