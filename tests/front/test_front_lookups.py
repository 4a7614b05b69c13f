"""Keys and known links at the front door: what is told is what is committed, by whomever."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from db.errors import RowNotFound, StoreUnavailable
from db.lookup import LookedUp
from db.store import Store
from evals.testbed.mariadb import MariaDB
from front.lookups import Lookups
from pipeline.errors import DatabaseUnavailable
from serving.ports import free_ports
from tests.db.sample_readings import as_row, reading
from tests.front.front_process import database_url, exchange
from tests.front.in_process import front_in_process, lone_front_in_process

NOBODY = {"FUNDOCR_ANONYMOUS_CIDRS": ""}
URL = "https://pictures.example.com/a.png"
PATHS = pytest.mark.parametrize("path", ["/ocr_handler", "/predictions/ocr_handler"])


# One for all who wait


class Table:
    """Stands for `db.lookup.Lookup`: every key is its own owner, no link is known. It notes what
    it is asked for, and answers when it is told to.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.begun, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.is_away = False

    def __call__(self, keys: Sequence[bytes], links: Sequence[bytes]) -> LookedUp:
        self.asked.append((len(keys), len(links)))
        self.begun.release()
        assert self.go_on.acquire(timeout=30)
        if self.is_away:
            raise StoreUnavailable
        return LookedUp(keys={key: (key.hex(), "caller") for key in keys}, links={})

    def close(self) -> None:
        pass


def own(text: str) -> tuple[str, str]:
    return sha256(text.encode()).hexdigest(), "caller"


async def begun(table: Table) -> None:
    """Return when a lookup is under way."""
    await asyncio.to_thread(table.begun.acquire, timeout=30)


def with_table(work: Callable[[Table, Lookups], Any]) -> Any:
    async def run() -> Any:
        table = Table()
        lookups = Lookups(table)  # type: ignore[arg-type]
        try:
            return await work(table, lookups)
        finally:
            lookups.close()

    # In a thread: the browser's driver, which other tests of this process may have started, keeps a
    # loop of its own running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, run()).result()


def test_who_comes_while_a_lookup_is_under_way_shares_the_next_one() -> None:
    async def work(table: Table, lookups: Lookups) -> None:
        first = asyncio.create_task(lookups.key("first"))
        await begun(table)
        keys = [asyncio.create_task(lookups.key(f"key {n % 3}")) for n in range(50)]
        links = [asyncio.create_task(lookups.link(f"link {n}")) for n in range(40)]
        await asyncio.sleep(0)
        table.go_on.release(2)
        assert await first == own("first")
        assert await asyncio.gather(*keys) == [own(f"key {n % 3}") for n in range(50)]
        assert await asyncio.gather(*links) == [None] * 40
        assert table.asked == [(1, 0), (3, 40)]

    with_table(work)


def test_very_many_are_looked_up_in_several_statements() -> None:
    async def work(table: Table, lookups: Lookups) -> None:
        table.go_on.release(10)
        links = [lookups.link(f"link {n}") for n in range(1200)]
        assert await asyncio.gather(*links) == [None] * 1200
        assert table.asked == [(0, 500), (0, 500), (0, 200)]

    with_table(work)


def test_a_request_that_is_given_up_takes_nothing_from_the_others() -> None:
    async def work(table: Table, lookups: Lookups) -> None:
        tasks = [asyncio.create_task(lookups.key("same")) for _ in range(3)]
        await begun(table)
        tasks[0].cancel()
        table.go_on.release(2)
        assert await asyncio.gather(*tasks[1:]) == [own("same")] * 2
        assert await lookups.key("later") == own("later")

    with_table(work)


def test_a_database_that_is_away_is_told_to_all_who_wait_and_asked_again_by_the_next() -> None:
    async def work(table: Table, lookups: Lookups) -> None:
        table.is_away = True
        first = asyncio.create_task(lookups.key("first"))
        await begun(table)
        others = [asyncio.create_task(lookups.link(f"link {n}")) for n in range(5)]
        lookups.begin_link("nobody waits for this")
        await asyncio.sleep(0)
        table.go_on.release()
        told = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(error) for error in told] == [DatabaseUnavailable] * 6
        assert table.asked == [(1, 0)]
        table.is_away = False
        table.go_on.release()
        assert await lookups.key("next") == own("next")

    with_table(work)


def test_a_text_without_a_utf8_form_is_no_known_link() -> None:
    async def work(table: Table, lookups: Lookups) -> None:
        assert await lookups.link("\ud800") is None
        assert table.asked == []

    with_table(work)


# At the front door, before nobody


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    with lone_front_in_process(home, **NOBODY) as url:
        yield url


@pytest.fixture
def store(front: str, home: Path) -> Iterator[Store]:
    """What other processes change: the workers, the command line, another front door."""
    engine = open_engine(database_url(home))
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def keys(front: str, home: Path) -> Iterator[Keys]:
    engine = open_engine(database_url(home))
    yield Keys(engine)
    engine.dispose()


@pytest.fixture
def key(keys: Keys) -> str:
    return keys.add(f"caller {len(keys.list())}", Role.CALLER)


def ask(front: str, key: str, path: str = "/ocr_handler", link: str = URL) -> requests.Response:
    return requests.post(
        front + path,
        json={"image_url": link, "url_type": "oss"},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )


def code(answer: requests.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"error", "code", "request_id"}
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, answer.json()["code"]


@PATHS
def test_what_another_process_commits_is_told_at_once(
    front: str, store: Store, key: str, path: str
) -> None:
    def shown() -> tuple[str, int, str]:
        answer = ask(front, key, path)
        assert answer.status_code == 200
        assert answer.json()["detail"]["request_id"] == answer.headers["X-Request-Id"]
        detail = answer.json()["detail"]
        return answer.json()["data"]["hold_share"], detail["row_version"], detail["source"]

    with suppress(RowNotFound):
        store.forget(URL)  # another test's
    row = as_row(store.save([reading(URL)])[0])
    assert shown() == ("1234.56", 1, "stored")
    store.correct(URL, "000001", "12.5")
    assert shown() == ("12.5", 2, "corrected")
    store.undo(row.id, row_version=2, actor="")
    assert shown() == ("1234.56", 3, "stored")
    store.save([reading(URL, ocr_hold_share="1.00", refresh=True)])
    assert shown() == ("1.00", 4, "stored")
    store.forget(URL)
    assert code(ask(front, key, path)) == (503, "SERVICE_BUSY")  # it was handed on to be read
    # The new row has the id and the version that the first one had.
    again = as_row(store.save([reading(URL, ocr_hold_share="7.00")])[0])
    assert (again.id, again.row_version) == (row.id, 1)
    assert shown() == ("7.00", 1, "stored")
    store.forget(URL)


@PATHS
def test_a_revoked_key_is_told_nothing_of_a_known_link(
    front: str, store: Store, keys: Keys, path: str
) -> None:
    store.save([reading(URL)])
    name = f"to be revoked, {path}"
    text = keys.add(name, Role.CALLER)
    assert ask(front, text, path).status_code == 200
    assert keys.revoke(name)
    assert code(ask(front, text, path)) == (401, "WRONG_KEY")
    assert code(ask(front, "never-made", path)) == (401, "WRONG_KEY")


@PATHS
def test_the_key_is_judged_before_the_body(front: str, key: str, path: str) -> None:
    for text, refusal in ((key, (400, "NOT_JSON")), ("never-made", (401, "WRONG_KEY"))):
        headers = {"Authorization": f"Bearer {text}"}
        assert code(requests.post(front + path, data="{", headers=headers, timeout=30)) == refusal


@PATHS
def test_without_a_key_a_short_body_is_not_waited_for_either(front: str, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    assert b'"NO_KEY"' in exchange(front, head.encode())


def test_many_at_once_each_get_their_own_answer(front: str, store: Store, key: str) -> None:
    links = [f"{URL}?{n}" for n in range(100)]
    store.save(
        [reading(one, image_sha256=None, ocr_hold_share=f"{n}.00") for n, one in enumerate(links)]
    )
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: ask(front, key, link=links[n]), range(100)))
    assert [answer.json()["data"]["hold_share"] for answer in answers] == [
        f"{n}.00" for n in range(100)
    ]


def test_a_known_link_takes_one_statement_and_is_well_again_when_the_database_is(
    tmp_path: Path,
) -> None:
    (nobody,) = free_ports(1)
    with MariaDB() as server:
        url = server.new_database(upgraded=True)
        engine = open_engine(url)
        Store(engine).save([reading(URL)])
        key = Keys(engine).add("caller", Role.CALLER)
        engine.dispose()
        settings = {"FUNDOCR_DATABASE_URL": url, **NOBODY}
        with front_in_process(f"http://127.0.0.1:{nobody}", tmp_path, **settings) as front:
            assert ask(front, key).status_code == 200
            server.execute("SET GLOBAL log_output = 'TABLE'")
            server.execute("SET GLOBAL general_log = 1")
            assert ask(front, key).status_code == 200
            server.execute("SET GLOBAL general_log = 0")
            assert _tables(server) == [["access_key", "ocr_result"]]

            server.kill()
            answer = ask(front, key)
            assert code(answer) == (503, "DATABASE_UNAVAILABLE")
            assert int(answer.headers["Retry-After"]) > 0
            server.start()
            assert ask(front, key).json()["data"]["hold_share"] == "1234.56"


def _tables(server: MariaDB) -> list[list[str]]:
    """Of each statement that was sent on the connection that looked the link up."""
    log = server.execute("SELECT thread_id, argument FROM mysql.general_log")
    (thread,) = {thread for thread, text in log if "json_extract(ocr_result" in text}
    said = [text for other, text in log if other == thread]
    return [re.findall(r"FROM (\w+)", text) for text in said]
