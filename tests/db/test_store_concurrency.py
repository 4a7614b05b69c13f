"""Many writers at once: no row twice, no change lost, on both databases."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from db.errors import RowConflict, StoreError
from db.rows import NewReading, Row
from db.store import Store
from evals.testbed.mariadb import MariaDB
from tests.db.sample_readings import all_at_once, as_row, reading, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

PROJECT = Path(__file__).parent.parent.parent
URL = "https://pictures.example.com/a.png"


@pytest.fixture
def store(patient_store: Store) -> Store:
    return patient_store


def _save_in_own_order(store: Store, urls: list[str], writer: int) -> dict[str, Row | StoreError]:
    """Each writer takes the urls in another order and in batches of another size."""
    order = random.Random(writer)
    mine = order.sample(urls, len(urls))
    answers: dict[str, Row | StoreError] = {}
    while mine:
        batch, mine = mine[: (size := order.randint(1, 16))], mine[size:]
        readings = [reading(url, ocr_hold_share=str(writer)) for url in batch]
        answers |= zip(batch, store.save(readings), strict=True)
    return answers


def test_60_urls_from_16_threads_are_60_rows_and_identical_answers(
    store: Store, database_url: str
) -> None:
    urls = [f"{URL}?{number}" for number in range(60)]
    answers = all_at_once(lambda writer: _save_in_own_order(store, urls, writer), 16)

    assert all(answer == answers[0] for answer in answers)
    assert all(isinstance(row, Row) for row in answers[0].values())
    assert rows_of(database_url, "SELECT COUNT(*) FROM ocr_result") == [(60,)]
    assert rows_of(database_url, "SELECT COUNT(*) FROM ocr_history") == [(0,)]
    assert store.find(urls) == answers[0]


def test_writers_of_the_same_rows_never_deadlock(mariadb: MariaDB, mariadb_store: Store) -> None:
    urls = [f"{URL}?{number}" for number in range(60)]
    before = mariadb.status("Innodb_deadlocks")
    all_at_once(lambda writer: _save_in_own_order(mariadb_store, urls, writer), 16)

    assert mariadb.status("Innodb_deadlocks") == before


def test_160_corrections_at_once_are_160_lines_and_none_is_lost(store: Store) -> None:
    read = as_row(store.save([reading(URL)])[0])

    def correct_ten_times(person: int) -> None:
        for turn in range(10):
            store.correct(URL, f"{person:06}", f"{turn}.5", actor=f"person {person}")

    all_at_once(correct_ten_times, 16)

    row, lines = store.get(identity=URL), store.history(read.id)
    assert len(lines) == 160
    assert row.row_version == 161
    befores = [line.before for line in lines]
    afters = [line.after for line in lines]
    assert befores == [read.snapshot(), *afters[:-1]]
    assert afters[-1] == row.snapshot()
    assert Counter(line.actor for line in lines) == {f"person {n}": 10 for n in range(16)}


def test_of_corrections_of_the_same_version_one_wins_and_the_others_are_told(
    store: Store,
) -> None:
    store.save([reading(URL)])

    def correct(person: int) -> Row | RowConflict:
        try:
            return store.correct(URL, f"{person:06}", "1", row_version=1)
        except RowConflict as conflict:
            return conflict

    results = all_at_once(correct, 16)

    (winner,) = (result for result in results if isinstance(result, Row))
    losers = [result for result in results if isinstance(result, RowConflict)]
    assert [loser.present for loser in losers] == [winner] * 15
    assert store.get(identity=URL) == winner
    assert len(store.history(winner.id)) == 1


def test_the_same_correction_from_16_threads_is_one(store: Store) -> None:
    store.save([reading(URL)])
    results = all_at_once(lambda _: store.correct(URL, "000001", "1"), 16)

    assert results == [results[0]] * 16
    assert len(store.history(results[0].id)) == 1


def test_the_same_copy_from_16_threads_is_one_row_with_one_line(store: Store) -> None:
    source = as_row(store.save([reading(URL)])[0])
    copy = NewReading.copy_of(source, identity=URL + "?signed=2", url_type="oss")
    results = [as_row(saved[0]) for saved in all_at_once(lambda _: store.save([copy]), 16)]

    assert results == [results[0]] * 16
    assert [line.action for line in store.history(results[0].id)] == ["copied"]


def test_16_new_readings_at_once_are_16_versions_and_16_lines(store: Store) -> None:
    read = as_row(store.save([reading(URL)])[0])
    results = all_at_once(
        lambda n: store.save([reading(URL, refresh=True, ocr_hold_share=str(n))])[0], 16
    )

    assert sorted(as_row(row).row_version for row in results) == list(range(2, 18))
    assert [line.action for line in store.history(read.id)] == ["reread"] * 16
    assert store.get(identity=URL) == max(map(as_row, results), key=lambda row: row.row_version)


def test_corrections_and_new_readings_at_once_lose_nothing(store: Store) -> None:
    read = as_row(store.save([reading(URL)])[0])

    def change(writer: int) -> None:
        if writer % 2:
            store.correct(URL, f"{writer:06}", "1")
        else:
            store.save([reading(URL, refresh=True, ocr_hold_share=str(writer))])

    all_at_once(change, 16)

    row, lines = store.get(identity=URL), store.history(read.id)
    assert Counter(line.action for line in lines) == {"corrected": 8, "reread": 8}
    assert row.row_version == 17
    last = [line for line in lines if line.action == "corrected"][-1]
    assert last.after is not None
    assert row.answer_fund_code == last.after["update_fund_code"]


FORK = """
import gc, os, sys
from pymysql.connections import Connection
from db.engine import open_engine
from db.store import Store

store = Store(open_engine(sys.argv[1]))
store.ping()
def fail(*_, **__):
    raise AssertionError("the child used its parent's connection")

child = os.fork()
if child == 0:
    for inherited in [one for one in gc.get_objects() if isinstance(one, Connection)]:
        inherited.ping = inherited.query = inherited.close = fail
for _ in range(200):
    assert store.find([sys.argv[2]])[sys.argv[2]].image_url == sys.argv[2]
if child == 0:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_parent_and_child_of_a_fork_do_not_share_a_connection(
    mariadb_store: Store, mariadb_url: str
) -> None:
    mariadb_store.save([reading(URL)])
    done = subprocess.run(
        [sys.executable, "-c", FORK, mariadb_url, URL],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
