"""Several front doors on one database: whoever is asked answers for all, and none has to come back.

They have no TorchServe: of a batch only what is known can be done, and the rest waits for it.
"""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from db.access import Keys, Role
from db.batches import Batches
from db.engine import open_engine
from db.store import Store
from evals.testbed.mariadb import MariaDB
from serving.first_key import first_key
from serving.ports import free_ports
from tests.db.sample_readings import all_at_once, as_row, reading
from tests.db.test_batches import make_silent
from tests.front.front_process import front_process
from tests.front.in_process import front_in_process
from tests.front.test_front_batches import hand_in, look, worked_off
from tests.serve.waiting import wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Two front doors on one database: the first is a process of its own, the second is served by
    the tests' process. Nothing but the database is common to them."""

    urls: tuple[str, str]
    process: "subprocess.Popen[str]"
    database_url: str

    def know(self, link: str) -> int:
        """Write the row that some TorchServe would have written; its id."""
        engine = open_engine(self.database_url)
        (stored,) = Store(engine).save([reading(link)])
        engine.dispose()
        return as_row(stored).id


@contextmanager
def two_doors(folder: Path, mariadb: MariaDB) -> Iterator[Doors]:
    url = mariadb.new_database(upgraded=True)
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    settings = {"FUNDOCR_DATABASE_URL": url}
    options = ("--management", nobody)
    first = front_process(nobody, _folder(folder / "one"), *options, **settings)
    second = front_in_process(nobody, _folder(folder / "other"), management=nobody, **settings)
    with first as (one, process), second as other:
        yield Doors(urls=(one, other), process=process, database_url=url)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDB) -> Iterator[Doors]:
    """For tests that only ask: each speaks of rows of its own."""
    with two_doors(tmp_path_factory.mktemp("doors"), mariadb) as both:
        yield both


def unknown() -> dict[str, str]:
    return {"image_url": f"https://pictures.example.com/{uuid4().hex}", "url_type": "oss"}


def test_who_has_logged_in_at_one_is_logged_in_at_the_other(doors: Doors) -> None:
    one, other = doors.urls
    engine = open_engine(doors.database_url)
    key = Keys(engine).add("小王", Role.CORRECTOR)
    engine.dispose()
    answer = requests.post(f"{one}/login", data={"key": key}, allow_redirects=False, timeout=30)
    assert answer.status_code == 303
    cookie = dict(answer.cookies)

    def name_at(url: str) -> str:
        page = requests.get(f"{url}/review", cookies=cookie, timeout=30).text
        return "小王" if "小王" in page else ""

    assert (name_at(one), name_at(other)) == ("小王", "小王")
    requests.post(f"{other}/logout", cookies=cookie, headers={"Origin": other}, timeout=30)
    assert (name_at(one), name_at(other)) == ("", "")


def test_two_people_at_two_front_doors_see_each_other_and_get_different_cards(
    doors: Doors,
) -> None:
    host = f"{uuid4().hex}.example.com"  # these three rows, whatever else is there
    first, second, third = (doors.know(f"https://{host}/{number}.png") for number in range(3))

    def show(url: str, row_id: int, window: str) -> dict[str, object]:
        asked = f"{url}/review/{row_id}/open?state=all&host={host}"
        answer = requests.post(asked, json={"window": window}, timeout=30)
        assert answer.status_code == 200
        return dict(answer.json())

    one, other = doors.urls
    mine = show(one, third, "mine")
    assert mine["others"] == []
    theirs = show(other, third, "theirs")
    assert theirs["others"] == ["anonymous"]
    assert {mine["next"], theirs["next"]} == {first, second}


def test_a_batch_is_handed_in_at_one_and_asked_for_at_the_other(doors: Doors) -> None:
    known = unknown()
    doors.know(known["image_url"])
    batch_id = hand_in(doors.urls[0], [known] * 50)
    assert worked_off(doors.urls[1], batch_id)["counts"]["done"] == 50


def test_a_new_front_door_takes_nothing_away_from_one_that_works(
    doors: Doors, tmp_path: Path
) -> None:
    batch_id = hand_in(doors.urls[0], [unknown()])
    wait_until(lambda: look(doors.urls[0], batch_id)["counts"]["running"] == 1)
    nobody, url = "http://127.0.0.1:9", doors.database_url
    with front_in_process(nobody, _folder(tmp_path / "third"), FUNDOCR_DATABASE_URL=url) as url:
        # What it takes first it would take at its start; it has had its start by now.
        known = unknown()
        doors.know(known["image_url"])
        assert worked_off(url, hand_in(url, [known]))["counts"]["done"] == 1
        assert look(url, batch_id)["counts"]["running"] == 1


def test_what_a_killed_front_door_worked_on_is_done_by_another(
    tmp_path: Path, mariadb: MariaDB
) -> None:
    """Once it has been silent for a minute; here the minute is made to have passed."""
    asked = [unknown() for _ in range(8)]
    with two_doors(tmp_path, mariadb) as doors:
        batch_id = hand_in(doors.urls[0], asked)
        wait_until(lambda: look(doors.urls[0], batch_id)["counts"]["running"] == 8)
        doors.process.kill()
        doors.process.wait()
        for item in asked:
            doors.know(item["image_url"])
        for position in range(len(asked)):
            make_silent(doors.database_url, batch_id, position)
        assert worked_off(doors.urls[1], batch_id)["counts"]["done"] == 8


def test_who_stops_hands_back_what_it_has_begun(tmp_path: Path, mariadb: MariaDB) -> None:
    """It stands alone, so that nobody takes it up meanwhile."""
    database_url, nobody = mariadb.new_database(upgraded=True), "http://127.0.0.1:9"
    door = front_process(nobody, _folder(tmp_path), FUNDOCR_DATABASE_URL=database_url)
    with door as (url, process):
        batch_id = hand_in(url, [unknown() for _ in range(4)])
        wait_until(lambda: look(url, batch_id)["counts"]["running"] == 4)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    engine = open_engine(database_url)
    batch = Batches(engine).get(batch_id)
    engine.dispose()
    assert batch is not None and batch.counts["queued"] == 4


def test_of_several_first_starts_one_makes_the_first_key(mariadb: MariaDB) -> None:
    url = mariadb.new_database(upgraded=True)
    made = all_at_once(lambda _: first_key(url), 6)
    assert len([key for key in made if key is not None]) == 1


def test_while_it_drains_it_says_so_and_answers_all_the_same(tmp_path: Path) -> None:
    """Who has not heard yet that it stops loses nothing; who keeps a connection is sent away."""
    nobody = "http://127.0.0.1:9"
    door = front_process(nobody, _folder(tmp_path), FUNDOCR_DRAIN_SECONDS="5")
    with door as (url, process), requests.Session() as kept:
        assert kept.get(f"{url}/healthz", timeout=30).headers["Connection"] == "keep-alive"
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in requests.get(f"{url}/readyz", timeout=30).text)
        ready = kept.get(f"{url}/readyz", timeout=30)
        assert (ready.status_code, ready.json()["code"]) == (503, "NOT_READY")
        alive = kept.get(f"{url}/healthz", timeout=30)
        assert (alive.status_code, alive.headers["Connection"]) == (200, "close")
        assert requests.get(f"{url}/results?id=1", timeout=30).status_code == 503  # no tables
        assert process.wait(60) == 0


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
