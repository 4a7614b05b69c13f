"""`fundocr drift`: what changed since last week."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from rich.console import Console
from rich.table import Table

from cli.drift_counts import gone_labels, moved, new_labels
from db.statistics import SAMPLE, Window, window
from pipeline.plain import escaped
from serving.database import opened_engine
from serving.failure import settings_or_failure
from serving.say import counted

_LABELS = 20


def drift(days: int) -> int:
    """Hold the last `days` days against as many before; print what moved."""
    zone = settings_or_failure().zone
    until = datetime.now(zone)
    middle, since = until - timedelta(days=days), until - timedelta(days=2 * days)
    with opened_engine() as engine:
        before, now = window(engine, since, middle), window(engine, middle, until)
    console = Console(soft_wrap=True, markup=False, highlight=False)
    for title, part in (("before", before), ("now", now)):
        times = f"{_day(part.since, zone)} – {_day(part.until, zone)}"
        console.print(f"{title:7} {times} {zone.key}: {_sum(part)}")
    if not before.rows or not now.rows:
        console.print("There is nothing to compare with yet.")
        return 0
    tables = [*_changes(before, now), *_new(before, now, zone), *_gone(before, now, zone)]
    for table in tables:
        console.print(table)
    if len(before.pages) == SAMPLE or len(now.pages) == SAMPLE:
        console.print(f"(labels: of the newest {SAMPLE:,} pages of each time)")
    if not tables:
        console.print("Nothing moved that chance would not move.")
    return 0


def _changes(before: Window, now: Window) -> Iterator[Table]:
    table = Table("what", "before", "now", "rows now", box=None, pad_edge=False)
    for change in moved(before, now):
        shares = (f"{change.before:.1%}", f"{change.now:.1%}")
        table.add_row(escaped(change.what), *shares, f"{change.rows:,}")
    if table.rows:
        yield table


def _new(before: Window, now: Window, zone: tzinfo) -> Iterator[Table]:
    table = Table("new beside numbers", "since", "pages", "", box=None, pad_edge=False)
    for label in new_labels(before, now)[:_LABELS]:
        known = "the rules know it" if label.known else "unknown to the rules"
        table.add_row(escaped(label.text), _weekday(label.first_seen, zone), str(label.rows), known)
    if table.rows:
        yield table


def _gone(before: Window, now: Window, zone: tzinfo) -> Iterator[Table]:
    table = Table("gone beside numbers", "last seen", "pages", box=None, pad_edge=False)
    for label in gone_labels(before, now)[:_LABELS]:
        table.add_row(escaped(label.text), _weekday(label.last_seen, zone), str(label.rows))
    if table.rows:
        yield table


def _day(when: datetime, zone: tzinfo) -> str:
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M}"


def _weekday(when: datetime, zone: tzinfo) -> str:
    return f"{when.astimezone(zone):%a %m-%d %H:%M}"


def _sum(window: Window) -> str:
    refused = window.rows - window.reasons[None]
    share = f" ({refused / window.rows:.1%})" if window.rows else ""
    return f"{counted(window.rows, 'picture')}, {refused:,} refused{share}"
