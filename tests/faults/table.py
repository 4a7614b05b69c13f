"""What the table holds, read by a connection of its own: nothing of the service's is used but the
names of the tables.
"""

from collections import Counter, defaultdict

from sqlalchemy import select

from db.engine import open_engine
from db.rows import Action
from db.tables import ocr_history, ocr_result
from tests.faults.ledger import Kept, Values

_NAMES = ("id", "image_url", "ocr_fund_code", "ocr_hold_share", "fund_code", "hold_share")
_COLUMNS = tuple(ocr_result.c[name] for name in _NAMES)


def kept_rows(database_url: str) -> list[Kept]:
    """All rows with their history."""
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(*_COLUMNS)).mappings().all()
            query = select(ocr_history.c.result_id, ocr_history.c.action, ocr_history.c.after)
            lines = connection.execute(query.order_by(ocr_history.c.id)).all()
    finally:
        engine.dispose()
    corrections: dict[int, list[Values]] = defaultdict(list)
    others: Counter[int] = Counter()
    for result_id, action, after in lines:
        if action == Action.CORRECTED:
            values = (after["update_fund_code"], after["update_hold_share"])
            corrections[result_id].append(values)
        else:
            others[result_id] += 1
    return [
        Kept(
            identity=row["image_url"],
            read=(row["ocr_fund_code"], row["ocr_hold_share"]),
            used=(row["fund_code"] or "", _plain(row["hold_share"])),
            corrections=tuple(corrections[row["id"]]),
            others=others[row["id"]],
        )
        for row in rows
    ]


def _plain(share: object) -> str:
    """A DECIMAL(20,4) as answers write it: all shares of these runs have two places."""
    return "" if share is None else f"{share:.2f}"
