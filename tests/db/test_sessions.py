"""Sessions of the pages: good at every front door of the database, until they end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from db.engine import for_writing, open_engine
from db.sessions import SESSION, Sessions
from db.tables import page_session
from tests.db.sample_readings import rows_of

pytest_plugins = ["tests.db.store_fixtures"]

COUNT = "SELECT COUNT(*) FROM page_session"


@pytest.fixture
def doors(database_url: str) -> Iterator[tuple[Sessions, Sessions]]:
    """Of two front doors of one database."""
    engines = [open_engine(database_url) for _ in range(2)]
    yield Sessions(engines[0]), Sessions(engines[1])
    for engine in engines:
        engine.dispose()


def let_pass(database_url: str, time: timedelta) -> None:
    """As if so much time had passed since the last request of every session."""
    engine = open_engine(database_url)
    with for_writing(engine).begin() as connection:
        ends_at = datetime.now(UTC) + SESSION - time
        connection.execute(update(page_session).values(ends_at=ends_at))
    engine.dispose()


def test_a_session_is_good_at_every_front_door(doors: tuple[Sessions, Sessions]) -> None:
    one, other = doors
    token = one.open("小王")
    assert (one.name(token), other.name(token)) == ("小王", "小王")
    other.close(token)
    assert (one.name(token), other.name(token)) == (None, None)


def test_only_the_hash_of_a_token_is_stored(
    doors: tuple[Sessions, Sessions], database_url: str
) -> None:
    token = doors[0].open("小王")
    (row,) = rows_of(database_url, "SELECT * FROM page_session")
    assert token not in str(row) and token.encode() not in row


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "名", "\ud800", "' OR 1=1"])
def test_what_is_no_session_is_nobodys(doors: tuple[Sessions, Sessions], token: str) -> None:
    doors[0].open("小王")
    assert doors[0].name(token) is None


def test_a_session_ends_after_its_time_and_lives_while_it_is_used(
    doors: tuple[Sessions, Sessions], database_url: str
) -> None:
    one, other = doors
    token = one.open("小王")
    let_pass(database_url, SESSION - timedelta(minutes=1))
    assert other.name(token) == "小王"  # from now on it has all its time again
    engine = open_engine(database_url)
    with engine.connect() as connection:
        ends_at = connection.scalar(select(page_session.c.ends_at))
    engine.dispose()
    assert ends_at is not None and ends_at - datetime.now(UTC) > SESSION - timedelta(minutes=5)
    let_pass(database_url, SESSION)
    assert one.name(token) is None


def test_a_session_that_was_used_a_moment_ago_is_not_written_again(
    doors: tuple[Sessions, Sessions], database_url: str
) -> None:
    token = doors[0].open("小王")
    let_pass(database_url, timedelta(minutes=5))
    before = rows_of(database_url, "SELECT ends_at FROM page_session")
    assert doors[1].name(token) == "小王"
    assert rows_of(database_url, "SELECT ends_at FROM page_session") == before
    let_pass(database_url, timedelta(minutes=15))
    before = rows_of(database_url, "SELECT ends_at FROM page_session")
    assert doors[1].name(token) == "小王"
    assert rows_of(database_url, "SELECT ends_at FROM page_session") != before


def test_sessions_that_have_ended_are_deleted_by_the_next_one(
    doors: tuple[Sessions, Sessions], database_url: str
) -> None:
    for _ in range(3):
        doors[0].open("小王")
    let_pass(database_url, SESSION)
    doors[1].open("李四")
    assert rows_of(database_url, COUNT) == [(1,)]


def test_a_link_works_once_at_whichever_front_door(
    doors: tuple[Sessions, Sessions], database_url: str
) -> None:
    one, other = doors
    token = one.open_link("小王")
    (row,) = rows_of(database_url, "SELECT * FROM page_session")
    assert token not in str(row) and token.encode() not in row
    assert one.name(token) is None, "a link is no session"
    assert other.use_link("x" + token) is None
    assert other.use_link(token) == "小王"
    assert (one.use_link(token), other.use_link(token)) == (None, None)
    session = one.open("小王")
    assert (one.use_link(session), one.name(session)) == (None, "小王")


def test_a_link_that_is_too_old_is_of_no_use(
    doors: tuple[Sessions, Sessions], database_url: str
) -> None:
    token = doors[0].open_link("小王")
    let_pass(database_url, SESSION)
    assert doors[1].use_link(token) is None


def test_two_who_follow_a_link_at_once_are_not_both_let_in(
    doors: tuple[Sessions, Sessions],
) -> None:
    for _ in range(5):
        token = doors[0].open_link("小王")
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda door, token=token: door.use_link(token), doors))
        assert sorted(found, key=str) == [None, "小王"]
