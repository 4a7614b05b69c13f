"""`fundocr replay`: other rules on the pages that rows keep."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from cli.failure import Failure, rules_or_failure, settings_or_failure
from cli.rows.applied import CHANGED_SINCE, Applied
from cli.rows.comparison import Comparison
from cli.rows.wanted import Wanted
from cli.store import opened_engine
from db.replace import replace_readings
from db.rows import Row
from pipeline.replay import Replayed, replay

ACTOR = "replay"
_AT_ONCE = 500


def replay_rows(wanted: Wanted, *, rules: str | None, apply: bool, html: Path | None) -> int:
    """Print what would change; with `apply` change it, each row with one line of history.

    What people have judged stays as it is, and so does a row that changes meanwhile. An answer
    that no second recogniser has confirmed is not stored either: that takes a new reading
    (`fundocr reread`).
    """
    settings = settings_or_failure(rules)
    decide = rules_or_failure(settings)
    found, applied = Comparison(title=f"fundocr replay --rules {settings.rules}"), Applied()
    needs_picture = 0
    try:
        with opened_engine() as engine:
            for some in _pieces(wanted.rows(engine)):
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
                    _apply(engine, changes, applied)
    except Failure:
        applied.show_what_was_done()
        raise
    found.show(html)
    if needs_picture:
        print(
            f"{needs_picture:,} would get an answer that no second recogniser has confirmed: they "
            "are not stored from here; read their pictures again with `fundocr reread`."
        )
    return applied.show() if apply else 0


def _apply(engine: Engine, changes: list[Replayed], applied: Applied) -> None:
    note = f"rules {changes[0].extraction.rules}"
    wanted = [one.replacement() for one in changes]
    taken = replace_readings(engine, wanted, actor=ACTOR, note=note)
    applied.changed += len(taken)
    for one in changes:
        if one.compared.row.image_url not in taken:
            applied.left.append((one.compared.row.id, f"{CHANGED_SINCE}, or is gone"))


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some
