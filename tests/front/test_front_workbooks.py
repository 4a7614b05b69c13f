"""Workbooks at the front door: one at a time, each ended with its request, nothing left of any."""

import asyncio
import io
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psutil
import pytest
import requests

from db.engine import open_engine
from db.filters import Filter
from db.store import Store
from front import workbooks
from front.pages import export
from front.workbook import Order
from front.workbooks import Workbooks
from pipeline.settings import PROJECT, Settings
from tests.db.sample_readings import reading
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process, new_database
from tests.serve.waiting import wait_until
from tests.workbook_rows import rows_of

CHINA = ZoneInfo("Asia/Shanghai")
LINK = "https://pictures.example.com/{}.png"
ROWS = 3
EXPORT = "/export.xlsx?state=all"

Held = Callable[[], psutil.Process]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    new_database(home)
    engine = open_engine(database_url(home))
    Store(engine).save([reading(LINK.format(n), image_sha256=None) for n in range(ROWS)])
    engine.dispose()
    return home


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with lone_front_in_process(home) as url:
        yield url


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture(autouse=True)
def nothing_is_left(home: Path) -> Iterator[None]:
    yield
    wait_until(lambda: not makers() and not left(home))


def makers() -> list[psutil.Process]:
    """The processes of this one that make a workbook."""
    found = psutil.Process().children(recursive=True)
    return [one for one in found if "front.workbook" in words(one)]


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def has_ended(process: psutil.Process) -> bool:
    """Without waiting for it by its id: that is for its parent, the front door in this process, to
    do, which would never hear of it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def left(home: Path) -> list[Path]:
    """The folders of workbooks."""
    return list((home / "var" / "workbooks").glob("*/*"))


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """The first process that makes a workbook stands still before it has heard which; calling this
    waits for it."""
    started: SimpleQueue[int] = SimpleQueue()
    start = asyncio.create_subprocess_exec
    is_first = iter([True])

    async def started_and_stopped(*command: Any, **options: Any) -> Any:
        process = await start(*command, **options)
        if next(is_first, False):
            os.kill(process.pid, signal.SIGSTOP)
            started.put(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started_and_stopped)
    return lambda: psutil.Process(started.get(timeout=60))


def ask(url: str, path: str = EXPORT, **headers: str) -> requests.Response:
    return requests.get(url + path, headers=headers, timeout=60)


def links(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return sorted(row["image_url"] for row in rows_of(io.BytesIO(answer.content)))


def test_a_workbook_comes_whole_with_its_length(url: str) -> None:
    answer = ask(url)
    assert links(answer) == [LINK.format(n) for n in range(ROWS)]
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="fundocr.xlsx"'


def test_only_the_rows_of_the_filters_are_in_it(url: str) -> None:
    beginning = LINK.format("1")[: -len(".png")]
    assert links(ask(url, f"{EXPORT}&q={quote(beginning)}")) == [LINK.format(1)]


def test_two_are_made_one_after_the_other_while_pages_answer(
    held: Held, url: str, pool: ThreadPoolExecutor
) -> None:
    first = pool.submit(ask, url)
    maker = held()
    second = pool.submit(ask, url)
    for path in ("/review", "/export.csv?state=all", f"/results?image_url={LINK.format(1)}"):
        assert ask(url, path).status_code == 200
    assert (makers(), first.done(), second.done()) == ([maker], False, False)
    maker.resume()
    assert len(links(first.result())) == len(links(second.result())) == ROWS


@contextmanager
def asking(url: str) -> Iterator[socket.socket]:
    """A client that can go away."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.sendall(f"GET {EXPORT} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        yield client


def test_who_goes_away_ends_the_work(held: Held, url: str, home: Path) -> None:
    with asking(url):
        maker = held()
        assert len(left(home)) == 1
    wait_until(lambda: has_ended(maker))
    wait_until(lambda: not left(home))
    assert len(links(ask(url))) == ROWS


def test_who_goes_away_while_he_waits_gets_none(
    held: Held, url: str, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Workbooks] = []
    make = Workbooks._made

    async def noted(self: Workbooks, filter: Filter, folder: Path) -> BinaryIO:
        made.append(self)
        return await make(self, filter, folder)

    monkeypatch.setattr(Workbooks, "_made", noted)
    first = pool.submit(ask, url)
    maker = held()
    with asking(url):
        wait_until(lambda: made[0]._here == 2)
    wait_until(lambda: made[0]._here == 1)
    maker.resume()
    assert len(links(first.result())) == len(links(ask(url))) == ROWS
    assert len(made) == 2


def test_who_finds_too_many_here_is_told_when_to_come_again(
    held: Held, url: str, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MOST", 1)
    first = pool.submit(ask, url)
    maker = held()
    refused = ask(url)
    assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_BUSY")
    assert refused.headers["Retry-After"] == "60"
    page = ask(url, Accept="text/html")
    assert (page.status_code, "XLSX" in page.text) == (503, True)
    maker.resume()
    assert len(links(first.result())) == ROWS


def test_who_has_no_turn_in_time_is_told_so(
    held: Held, url: str, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pool.submit(ask, url)
    maker = held()
    monkeypatch.setattr(workbooks, "PATIENCE_S", 0.01)
    assert ask(url).json()["code"] == "SERVICE_BUSY"
    maker.resume()
    assert len(links(first.result())) == ROWS


def test_one_that_takes_very_long_is_promised_by_its_headers(
    held: Held, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "SILENT_SECONDS", 0.01)
    with asking(url) as client:
        maker = held()
        assert client.recv(12) == b"HTTP/1.1 200"
        maker.resume()
        answer = b""
        while not answer.endswith(b"\r\n0\r\n\r\n") and (part := client.recv(65536)):
            answer += part
    assert b"\r\ntransfer-encoding: chunked\r\n" in answer.lower() and b"PK\x03\x04" in answer


def test_more_rows_than_a_sheet_holds_are_refused_before_any_work(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_OF_A_SHEET", ROWS - 1)
    monkeypatch.setattr(sys, "executable", "/nothing/is/started")
    answer = ask(url)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert "take the CSV" in answer.json()["error"]
    assert "1,048,575" in ask(url, Accept="text/html").text


def test_a_maker_that_is_killed_is_an_error_and_the_next_is_made(
    held: Held, url: str, pool: ThreadPoolExecutor
) -> None:
    first = pool.submit(ask, url)
    held().kill()
    assert first.result().json()["code"] == "INTERNAL_ERROR"
    assert len(links(ask(url))) == ROWS


def test_where_no_process_can_be_started_it_is_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing/is/started")
    assert ask(url).json()["code"] == "SERVICE_BUSY"


def test_a_stop_ends_the_work_and_tells_who_waits(
    held: Held, home: Path, pool: ThreadPoolExecutor
) -> None:
    with lone_front_in_process(home) as url:
        first = pool.submit(ask, url)
        maker = held()
    wait_until(lambda: has_ended(maker))
    with pytest.raises(requests.ConnectionError):  # what is in flight is not waited for here
        first.result()


def test_work_that_is_cancelled_again_and_again_has_ended_before_its_task(
    held: Held, home: Path
) -> None:
    async def cancelled() -> None:
        making = asyncio.create_task(Workbooks(Settings(home=home)).make(Filter()))
        process = await asyncio.to_thread(held)
        while not making.done():
            making.cancel()
            await asyncio.sleep(0)
        with pytest.raises(psutil.NoSuchProcess):
            process.status()

    asyncio.run(cancelled())


def test_what_killed_front_doors_left_is_swept_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "workbooks"
    gone, ours, living = (folder / pid for pid in ("999999999", str(os.getpid()), "1"))
    for one in (gone, ours, living):
        (one / "made").mkdir(parents=True)
        (one / "made" / "rows.xlsx").write_bytes(b"PK")
    Workbooks(Settings(home=tmp_path)).sweep()
    assert list(folder.iterdir()) == [living]
    Workbooks(Settings(home=tmp_path / "none")).sweep()


@pytest.fixture
def maker(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "front.workbook"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        yield process
        process.kill()


def test_it_ends_with_the_front_door_however_that_ends(
    maker: "subprocess.Popen[bytes]", home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    order = Order(database_url=database_url(home), filter=Filter(), zone=CHINA, folder=folder)
    assert maker.stdin is not None
    maker.stdin.write(pickle.dumps(order))
    maker.stdin.close()
    assert (maker.wait(60), folder.exists()) == (1, False)


@pytest.mark.parametrize(
    ("database", "folder", "told"),
    [("sqlite:////proc/none.db", ".", b"database\n"), ("{home}", "none", b"disk\n")],
)
def test_what_goes_wrong_is_told_by_a_word(
    maker: "subprocess.Popen[bytes]",
    home: Path,
    tmp_path: Path,
    database: str,
    folder: str,
    told: bytes,
) -> None:
    address = database.format(home=database_url(home))
    order = Order(database_url=address, filter=Filter(), zone=CHINA, folder=tmp_path / folder)
    assert maker.stdin is not None and maker.stdout is not None
    maker.stdin.write(pickle.dumps(order))
    maker.stdin.flush()
    assert (maker.stdout.read(), maker.wait(60)) == (told, 1)
    assert maker.stderr is not None
    (line,) = maker.stderr.read().splitlines()
    assert json.loads(line)["message"].startswith("a workbook was not made: ")
