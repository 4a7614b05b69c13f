"""`fundocr replay`: other rules on the pages that rows keep."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from cli.compare import CHANGED_SINCE, Applied, Replayed, replay
from cli.comparison import Comparison
from cli.selection import RowFilters
from db.replace import Doubt, Replacement, doubt_answers, replace_readings
from db.rows import Row
from serving.database import opened_engine
from serving.failure import Failure, rules_or_failure, settings_or_failure

ACTOR = "replay"
_AT_ONCE = 500


def replay_rows(filters: RowFilters, *, rules: str | None, apply: bool, html: Path | None) -> int:
    """Print what would change; with `apply` change it, each row with one line of history.

    What people have judged stays as it is, and so does a row that changes meanwhile. What a row
    answers stays too: where these rules do not give it, the review queue shows both first. An
    answer that its evidence does not carry, or that no second recogniser has confirmed, is not
    stored either: that takes a new reading (`fundocr reread`).
    """
    settings = settings_or_failure(rules)
    decide = rules_or_failure(settings)
    comparison, applied = Comparison(title=f"fundocr replay --rules {settings.rules}"), Applied()
    needs_picture = 0
    try:
        with opened_engine() as engine:
            for some in _pieces(filters.rows(engine)):
                changes: list[Replayed] = []
                for row in some:
                    result = replay(row, decide)
                    if result is None:
                        comparison.gone += 1
                        continue
                    comparison.add(result.compared)
                    needs_picture += result.needs_picture
                    if result.change is not None:
                        changes.append(result)
                if apply and changes:
                    _apply(engine, changes, applied)
    except Failure:
        applied.show_what_was_done()
        raise
    comparison.show(html)
    if needs_picture:
        print(
            f"{needs_picture:,} would get an answer that what is kept of their page cannot carry: "
            "read their pictures again with `fundocr reread`."
        )
    return applied.show() if apply else 0


def _apply(engine: Engine, changes: list[Replayed], applied: Applied) -> None:
    note = f"rules {changes[0].extraction.rules}"
    wanted = [change.change for change in changes]
    replacements = [change for change in wanted if isinstance(change, Replacement)]
    doubts = [change for change in wanted if isinstance(change, Doubt)]
    changed = replace_readings(engine, replacements, actor=ACTOR, note=note)
    doubted = doubt_answers(engine, doubts, actor=ACTOR, note=note)
    applied.changed += len(changed)
    applied.doubted += sum(change.identity in doubted for change in doubts if change.other)
    applied.trusted += sum(change.identity in doubted for change in doubts if not change.other)
    for change in changes:
        if change.compared.row.image_url not in changed | doubted:
            applied.left.append((change.compared.row.id, f"{CHANGED_SINCE}, or is gone"))


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some
