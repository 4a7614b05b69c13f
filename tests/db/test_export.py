"""Rows for those who take them elsewhere, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from db.engine import open_engine
from db.export import are_more_than, export_rows
from db.filters import Filter
from db.rows import ReviewState
from db.store import Store
from tests.db.sample_readings import reading, refused

pytest_plugins = ["tests.db.store_fixtures"]

HOST = "https://pictures.example.com"


def test_as_many_are_counted_as_would_come(store: Store, database_url: str) -> None:
    links = [f"{HOST}/{number}" for number in range(5)]
    store.save([reading(link, image_sha256=None) for link in links[:3]])
    begun = datetime.now(UTC)
    store.save([refused(link, image_sha256=None) for link in links[3:]])
    store.correct(links[0], "000001", "1")
    yesterday = begun - timedelta(days=1)
    filters = [
        (Filter(), None),
        (Filter(state=(ReviewState.CORRECTED,)), None),
        (Filter(reason="NO_CODE"), None),
        (Filter(fund_code="011608"), None),
        (Filter(host="pictures.example.com", since=yesterday), None),
        (Filter(url=links[1]), None),
        (Filter(url_prefix=f"{HOST}/"), None),
        (Filter(older_than_versions=("other@1", "seed@1")), None),
        (Filter(since=begun + timedelta(days=1)), None),
        (Filter(), begun),
    ]
    engine = open_engine(database_url)
    try:
        counts = []
        for filter, since in filters:
            rows = list(export_rows(engine, filter, updated_since=since))
            light = list(export_rows(engine, filter, updated_since=since, with_evidence=False))
            assert light == [replace(row, evidence={}) for row in rows]
            counts.append(len(rows))
            assert not are_more_than(engine, len(rows), filter, updated_since=since)
            if rows:
                assert are_more_than(engine, len(rows) - 1, filter, updated_since=since)
    finally:
        engine.dispose()
    assert counts == [5, 1, 2, 2, 5, 1, 5, 2, 0, 3]
