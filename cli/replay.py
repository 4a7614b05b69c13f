"""`fundocr replay`: other rules on the pages that rows keep."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from cli.compare import CHANGED_SINCE, Applied, Replayed, replay
from cli.comparison import Comparison
from cli.selection import Wanted
from db.replace import Doubt, Replacement, doubt_answers, replace_readings
from db.rows import Row
from serving.database import opened_engine
from serving.failure import Failure, rules_or_failure, settings_or_failure

ACTOR = "replay"
_AT_ONCE = 500


def replay_rows(wanted: Wanted, *, rules: str | None, apply: bool, html: Path | None) -> int:
    """Print what would change; with `apply` change it, each row with one line of history.

    What people have judged stays as it is, and so does a row that changes meanwhile. What a row
    answers stays too: where these rules do not give it, the review queue shows both first. An
    answer that its evidence does not carry, or that no second recogniser has confirmed, is not
    stored either: that takes a new reading (`fundocr reread`).
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
                    needs_picture += one.needs_picture
                    if one.change is not None:
                        changes.append(one)
                if apply and changes:
                    _apply(engine, changes, applied)
    except Failure:
        applied.show_what_was_done()
        raise
    found.show(html)
    if needs_picture:
        print(
            f"{needs_picture:,} would get an answer that what is kept of their page cannot carry: "
            "read their pictures again with `fundocr reread`."
        )
    return applied.show() if apply else 0


def _apply(engine: Engine, changes: list[Replayed], applied: Applied) -> None:
    note = f"rules {changes[0].extraction.rules}"
    wanted = [one.change for one in changes]
    replacements = [one for one in wanted if isinstance(one, Replacement)]
    doubts = [one for one in wanted if isinstance(one, Doubt)]
    changed = replace_readings(engine, replacements, actor=ACTOR, note=note)
    doubted = doubt_answers(engine, doubts, actor=ACTOR, note=note)
    applied.changed += len(changed)
    applied.doubted += sum(one.identity in doubted for one in doubts if one.other)
    applied.trusted += sum(one.identity in doubted for one in doubts if not one.other)
    for one in changes:
        if one.compared.row.image_url not in changed | doubted:
            applied.left.append((one.compared.row.id, f"{CHANGED_SINCE}, or is gone"))


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some
