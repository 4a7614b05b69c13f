"""`fundocr replay`: other rules on the pages that rows keep."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cli.comparison import Comparison
from cli.export import Wanted
from cli.failure import rules_or_failure, settings_or_failure
from cli.store import opened_engine
from db.export import export_rows
from db.replace import replace_readings
from db.rows import Row
from pipeline.replay import Replayed, replay

ACTOR = "replay"
_AT_ONCE = 500


def replay_rows(wanted: Wanted, *, rules: str | None, apply: bool, html: Path | None) -> int:
    """Print what would change; with `apply` change it, each row with one line of history.

    What people have judged stays as it is. An answer that no second recogniser has confirmed is
    not stored either: that takes a new reading (`fundocr reread`).
    """
    settings = settings_or_failure(rules)
    decide = rules_or_failure(settings)
    found = Comparison(title=f"fundocr replay --rules {settings.rules}")
    needs_picture = replaced = 0
    with opened_engine() as engine:
        rows = export_rows(engine, wanted.filter())
        for some in _pieces(rows):
            changes: list[Replayed] = []
            for row in some:
                one = replay(row, decide)
                if one is None:
                    found.gone += 1
                    continue
                found.add(one.compared)
                if one.needs_picture:
                    needs_picture += 1
                elif one.compared.may_be_applied:
                    changes.append(one)
            if apply and changes:
                replaced += replace_readings(
                    engine,
                    [one.replacement() for one in changes],
                    actor=ACTOR,
                    note=f"rules {changes[0].extraction.rules}",
                )
    found.show(html)
    if needs_picture:
        print(
            f"{needs_picture:,} would get an answer that no second recogniser has confirmed: they "
            "are not stored from here; read their pictures again with `fundocr reread`."
        )
    if apply:
        print(f"{replaced:,} rows were changed; what people have judged stayed as it was.")
    return 0


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some
