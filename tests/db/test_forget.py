"""What is forgotten is gone from every table, and nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest

from db.batches import Batches
from db.engine import open_engine
from db.rows import NewReading
from db.store import BATCH, Store
from db.tables import metadata
from tests.db.sample_readings import all_at_once, as_row, reading, rows_of
from tests.db.test_queue import made_at

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/zhang-san.png?Signature=secret"


def callers(database_url: str) -> set[str]:
    return {name for (name,) in rows_of(database_url, "SELECT name FROM ocr_batch_caller")}


def everything(database_url: str) -> str:
    return str([rows_of(database_url, f"SELECT * FROM {name}") for name in metadata.tables])


def test_a_forgotten_row_leaves_nothing_behind(store: Store, database_url: str) -> None:
    evidence = {"lines": [{"text": "张三"}]}
    row = as_row(store.save([reading(URL, ocr_hold_share="4711", evidence=evidence)])[0])
    store.correct(URL, "000001", "4712", note="张三")
    store.save([reading(URL, refresh=True)])
    kept = as_row(store.save([reading("kept", image_sha256=None)])[0])
    engine = open_engine(database_url)
    batches = Batches(engine)
    batch = batches.create([(URL, "oss"), ("kept", "oss")], "me")
    batches.finish(batches.claim(1)[0], result_id=row.id)

    assert store.forget(URL) == 1

    left = everything(database_url)
    for trace in ("zhang-san", "secret", "张三", "4711", "4712"):
        assert trace not in left
    assert store.get(id=kept.id) == kept
    found = batches.get(batch)
    assert found is not None and [item.image_url for item in found.items] == ["kept"]
    engine.dispose()


@pytest.mark.parametrize("url", [URL, "\ud800"])
def test_of_an_unknown_link_there_is_nothing_to_forget(store: Store, url: str) -> None:
    assert store.forget(url) == 0


def test_a_forgotten_link_is_read_as_if_it_were_new(store: Store) -> None:
    store.save([reading(URL)])
    store.correct(URL, "000001", "1")
    store.forget(URL)
    row = as_row(store.save([reading(URL)])[0])

    assert (row.row_version, row.review_state, store.history(row.id)) == (1, "open", [])


def test_copies_stay_unless_the_picture_is_to_be_forgotten(store: Store) -> None:
    source, other = store.save([reading(URL), reading("other picture", image_sha256=b"o" * 32)])
    copies = [
        as_row(store.save([NewReading.copy_of(as_row(source), identity=link, url_type="oss")])[0])
        for link in ("copy 1", "copy 2")
    ]
    assert store.forget("copy 1") == 1
    assert store.get(id=copies[1].id) == copies[1]

    assert store.forget(URL, same_picture=True) == 2
    assert store.find([URL, "copy 1", "copy 2"]) == {}
    assert store.get(identity="other picture") == other


def test_rows_and_batches_of_before_are_deleted_and_what_was_changed_since_is_not(
    store: Store, database_url: str
) -> None:
    old = [f"old {n}" for n in range(BATCH + 7)]
    store.save([reading(url, image_sha256=None) for url in old])
    engine = open_engine(database_url)
    batch = Batches(engine).create([("old 1", "oss")], "me")
    border = datetime.now(UTC)
    since = Batches(engine).create([("kept", "oss")], "since")
    callers_before = callers(database_url)
    store.save([reading("kept"), reading("corrected")])
    store.correct("corrected", "000001", "1")
    made_at(database_url, store.get(identity="corrected"), border - timedelta(days=1))

    assert store.forget_before(border) == BATCH + 7
    assert store.find([*old, "kept"]).keys() == {"kept"}
    assert store.find(["corrected"]), "it was changed since"
    assert Batches(engine).get(batch) is None
    # Nothing is left of who had nothing but old batches.
    assert callers(database_url) == callers_before - {"me"} >= {"since"}
    assert [item.batch_id for item in Batches(engine).claim(9)] == [since]
    assert store.forget_before(border) == 0
    engine.dispose()


def test_forgetting_while_others_write_hurts_nobody(store: Store, database_url: str) -> None:
    urls = [f"{URL}{n}" for n in range(20)]

    def work(turn: int) -> None:
        if turn % 2:
            for url in urls:
                store.save([reading(url, image_sha256=None)])
        else:
            store.forget_before(datetime.now(UTC) + timedelta(days=1))

    all_at_once(work, 8)
    store.forget_before(datetime.now(UTC) + timedelta(days=1))

    for name in ("ocr_result", "ocr_history"):
        assert rows_of(database_url, f"SELECT COUNT(*) FROM {name}") == [(0,)]
