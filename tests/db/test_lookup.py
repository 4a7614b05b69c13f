"""What the front door asks at each request: what the store says, by as little as it takes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from db.access import Keys, Role
from db.engine import open_engine
from db.errors import StoreUnavailable
from db.lookup import Lookup, known_row
from db.rows import Dismissal, KnownRow, identity_key
from db.store import Store
from evals.testbed.mariadb import MariaDB
from pipeline.response import row_body
from tests.db.migrated import sqlite_with_tables
from tests.db.sample_readings import as_row, reading, refused

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/a.png"
ANSWER = {
    "fund_code": {
        "text": '(011608) 混合😀 "A"\n',
        "confidence": 0.9951,
        "box": [[60.0, 393.5]] * 4,
    },
    "hold_share": None,
    "candidates": {"fund_codes": ["011608"], "hold_shares": ["1234.56"], "holdings": []},
    "checks": {"share_times_nav": "agrees"},
}


@pytest.fixture
def lookup(database_url: str) -> Iterator[Lookup]:
    lookup = Lookup(database_url)
    yield lookup
    lookup.close()


def known(lookup: Lookup, *identities: str) -> dict[str, KnownRow]:
    found = lookup([], [*map(identity_key, identities)]).links
    keys = {identity: identity_key(identity) for identity in identities}
    return {name: known_row(found[key]) for name, key in keys.items() if key in found}


def body(row: Any) -> dict[str, Any]:
    return row_body(row, source="stored", request_id="x", elapsed_ms=0)


def test_a_known_link_answers_what_its_row_answers(store: Store, lookup: Lookup) -> None:
    with_answer = {"evidence": {"lines": [], "answer": ANSWER}}
    identities = [f"{URL}?{n}" for n in range(6)]
    readings = [reading(one, image_sha256=None, **with_answer) for one in identities[:4]]
    rows = store.save([*readings, refused(identities[4]), reading(identities[5])])
    store.correct(identities[1], "000001", "12.5")
    store.confirm(as_row(rows[2]).id, row_version=1, actor="me")
    store.dismiss(as_row(rows[3]).id, row_version=1, actor="me", reason=Dismissal.OTHER)

    found = known(lookup, *identities, "https://pictures.example.com/unknown.png")
    assert [*found] == identities
    assert {name: body(row) for name, row in found.items()} == {
        name: body(store.get(identity=name)) for name in identities
    }
    assert body(found[identities[0]])["detail"]["fund_code"] == ANSWER["fund_code"]
    assert type(body(found[identities[0]])["flag"]) is bool


def test_what_others_commit_is_seen_by_the_next_lookup(store: Store, lookup: Lookup) -> None:
    assert known(lookup, URL) == {}
    first = as_row(store.save([reading()])[0])
    assert known(lookup, URL)[URL].row_version == 1
    store.correct(URL, "000001", "12.5")
    assert known(lookup, URL)[URL].answer_hold_share == "12.5"
    store.forget(URL)
    assert known(lookup, URL) == {}
    # On SQLite it has the id and the version of the one before.
    again = as_row(store.save([reading(ocr_hold_share="7.00")])[0])
    assert again.row_version == first.row_version
    assert known(lookup, URL)[URL].answer_hold_share == "7.00"


def test_keys_and_links_are_found_together(store: Store, lookup: Lookup, database_url: str) -> None:
    engine = open_engine(database_url)
    keys = Keys(engine)
    texts = [keys.add(name, Role.CALLER) for name in ("one", "two", "three")]
    keys.revoke("two")
    engine.dispose()
    store.save([reading()])
    hashes = [sha256(text.encode()).digest() for text in (*texts, "none")]

    found = lookup(hashes, [identity_key(URL), bytes(32)])
    assert found.keys == {hashes[0]: ("one", "caller"), hashes[2]: ("three", "caller")}
    assert [*found.links] == [identity_key(URL)]


def test_a_lookup_is_one_statement_and_nothing_else(mariadb_url: str) -> None:
    lookup = Lookup(mariadb_url)
    lookup([bytes(32)], [])  # connects
    links = [bytes([n]) * 32 for n in range(20)]
    to_ask = -asked(lookup) + (before := asked(lookup))
    lookup([bytes(32), b"1" * 32], links)
    lookup([], links)
    assert asked(lookup) - before - to_ask == 2
    lookup.close()


def asked(lookup: Lookup) -> int:
    """How many statements its connection has sent; others ask the same server."""
    with lookup._engine.connect() as connection:
        counter = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Questions'")
        return int(counter.one()[1])


def test_a_connection_that_was_ended_is_replaced(mariadb: MariaDB, mariadb_url: str) -> None:
    lookup = Lookup(mariadb_url)
    name = mariadb_url.rpartition("/")[2]
    for _ in range(3):
        assert lookup([bytes(32)], [bytes(32)]).links == {}
        ids = mariadb.execute(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'")
        assert len(ids) == 1
        mariadb.execute(f"KILL {ids[0][0]}")
    lookup.close()


def test_a_server_away_is_unavailable_and_found_again_when_it_is_back() -> None:
    with MariaDB() as server:
        url = server.new_database(upgraded=True)
        engine = open_engine(url)
        Store(engine).save([reading()])
        engine.dispose()
        lookup = Lookup(url)
        before = known(lookup, URL)
        server.kill()
        with pytest.raises(StoreUnavailable):
            lookup([bytes(32)], [identity_key(URL)])
        server.start()
        assert known(lookup, URL) == before != {}
        lookup.close()


def test_evidence_that_is_no_json_harms_nobody_else(tmp_path: Path) -> None:
    """SQLite does not look at what it stores."""
    path = tmp_path / "fundocr.db"
    url = sqlite_with_tables(path)
    engine = open_engine(url)
    store = Store(engine)
    store.save([reading("spoilt"), reading("sound", evidence={"answer": ANSWER})])
    engine.dispose()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE ocr_result SET evidence = '{' WHERE image_url = 'spoilt'")
    lookup = Lookup(url)
    found = known(lookup, "spoilt", "sound")
    assert (found["spoilt"].answer, found["sound"].answer) == ({}, ANSWER)
    lookup.close()
