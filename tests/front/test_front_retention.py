"""FUNDOCR_KEEP_DAYS: the front door deletes old rows, and keeps all without it."""

from pathlib import Path

from db.engine import for_writing, open_engine
from db.store import Store
from tests.db.sample_readings import reading, rows_of
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process
from tests.serve.waiting import wait_until

LINKS = "SELECT image_url FROM ocr_result ORDER BY image_url"


def make_old(url: str, link: str) -> None:
    """As if nobody had touched the row for years."""
    engine = open_engine(url)
    Store(engine).save([reading(link), reading("new")])
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE ocr_result SET created_at = '2020-01-01 00:00:00.000000',"
            f" updated_at = '2020-01-01 00:00:00.000000' WHERE image_url = '{link}'"
        )
    engine.dispose()


def test_old_rows_are_deleted_while_it_runs_and_new_ones_are_kept(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    with lone_front_in_process(tmp_path):
        make_old(url, "old")
    assert rows_of(url, LINKS) == [("new",), ("old",)], "without the setting all are kept"
    with lone_front_in_process(tmp_path, FUNDOCR_KEEP_DAYS="30"):
        wait_until(lambda: rows_of(url, LINKS) == [("new",)])
