"""A report and a table held against what the pictures show."""

from collections.abc import Mapping, Sequence

from tests.bulk.backfills import Row
from tests.faults.ledger import Entry, Findings, Outcome, Values, compare
from tests.faults.table import kept_rows


def findings(
    rows: Sequence[Row], urls: Sequence[str], database_url: str, shown: Mapping[str, Values]
) -> Findings:
    """What is lost, double or changed. urls: of the source, line by line. shown: of each link."""
    assert [row["image_url"] for row in rows] == list(urls), "the report's lines are others"
    entries = [
        Entry(
            identity=row["image_url"],
            sent=0.0,
            ended=1.0,
            outcome=Outcome.OK if row["status"] == "200" else Outcome.FAILED,
            told=(row["fund_code"], row["hold_share"]) if row["status"] == "200" else None,
        )
        for row in rows
    ]
    return compare(entries, kept_rows(database_url), shown)
