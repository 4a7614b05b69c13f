"""A service of its own: its first start, the front door killed under a batch, its second start."""

import re
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
import requests

from evals.testbed.picture_host import picture_host
from serving.front_process import is_alive
from tests.bulk.backfills import Tap
from tests.faults.pictures import Pictures
from tests.front.test_front_batches import hand_in, look, worked_off
from tests.running_service import RunningService
from tests.serve.archives import CORRECTIONS_ALONE
from tests.serve.service_process import processes_of, started
from tests.serve.waiting import wait_until
from tests.trial import Trial


@dataclass(slots=True, kw_only=True)
class First(RunningService):
    """A service that had never run before; every caller needs a key. said: after READY, when it
    was started first. tap: lets half of the host's pictures through. browser: used the link to log
    in that was among it, before any test."""

    said: str
    tap: Tap
    browser: requests.Session

    @property
    def key(self) -> str:
        return self.found(r"admin +([\w-]{43})\n")

    @property
    def link(self) -> str:
        return self.found(r"log in +(http://\S+)")

    def found(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found is not None
        return found.group(1)

    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    # Each link its own picture: what is known by another link would not be read.
    strips = Pictures()
    tap = Tap({f"/{number}.png": strips.content(number) for number in range(24)}, 12)
    with picture_host(tap.serving()) as host:
        settings = {
            "FUNDOCR_ANONYMOUS_CIDRS": "",
            # Those that the tap holds back still wait when the others are read, however slowly.
            "FUNDOCR_FETCH_SECONDS": "60",
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
        }
        service = Trial(tmp_path_factory.mktemp("first"), settings)
        with started(service), requests.Session() as browser:
            said = service.welcome()
            begun = First(trial=service, said=said, host=host, tap=tap, browser=browser)
            answer = browser.get(begun.link, allow_redirects=False, timeout=30)
            assert answer.status_code == 303
            yield begun


def test_the_line_to_paste_works_and_shows_no_secret(first: First) -> None:
    line = first.said.splitlines()[-1].strip()
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert '"fund_code":"011608"' in done.stdout
    assert "Bearer" not in line
    header = first.home / "var" / "run" / "authorization"
    assert str(header) in line
    assert stat.S_IMODE(header.stat().st_mode) == 0o600


def test_the_first_key_opens_everything_and_the_link_logs_in_once(first: First) -> None:
    ask = f"{first.url}/results?id=999999"
    assert requests.get(ask, timeout=30).status_code == 401
    assert requests.get(ask, headers=first.authorization(), timeout=30).status_code == 404
    assert first.browser.get(ask, timeout=30).status_code == 404
    assert requests.get(first.link, timeout=30).status_code == 403


def test_no_secret_is_written_down(first: First) -> None:
    """Not in the table, not in a log, not on a command line; only the key of this run, in a file
    that nobody else may read."""
    secrets = [first.key.encode(), first.found(r"token=([\w-]{43})").encode()]
    files = [file for file in first.home.rglob("*") if file.is_file()]
    assert any(file.name == "front.log" for file in files)
    assert any(file.name == "fundocr.db" for file in files)
    for secret in secrets:
        assert [file for file in files if secret in file.read_bytes()] == []
        lines = processes_of(first.home)
        assert len(lines) > 2
        assert [line for line in lines if secret.decode() in line] == []


def test_a_batch_survives_its_front_door_which_is_started_again(first: First) -> None:
    links = [first.host.url(f"/{number}.png") for number in range(24)]
    items = [{"image_url": link, "url_type": "7min_local"} for link in links]
    batch_id = hand_in(first.url, items, first.authorization())

    def some_are_done_and_some_are_not() -> bool:
        counts = look(first.url, batch_id, first.authorization())["counts"]
        return bool(counts["done"] and counts["running"])

    wait_until(some_are_done_and_some_are_not)
    front = first.front_door()
    front.kill()
    front.wait()
    first.tap.open()
    wait_until(lambda: is_alive(first.url))

    done = worked_off(first.url, batch_id, first.authorization())
    with requests.Session() as session:
        session.headers.update(first.authorization())
        for link in links:
            asked = {"image_url": link}
            found = session.get(f"{first.url}/results", params=asked, timeout=30)
            assert found.json()["detail"]["row_version"] == 1
    assert done["counts"] == {"queued": 0, "running": 0, "done": 24, "failed": 0}
    assert [item["image_url"] for item in done["items"]] == links
    assert requests.get(first.link, timeout=30).status_code == 403, "used once is used up"


def test_the_second_start_makes_no_key(first: First) -> None:
    """In a home of its own with the first one's rows and keys: that service goes on for others."""
    home = first.home.parent / "second"
    (home / "var").mkdir(parents=True)
    with (
        closing(sqlite3.connect(first.home / "var" / "fundocr.db")) as rows,
        closing(sqlite3.connect(home / "var" / "fundocr.db")) as copy,
    ):
        rows.backup(copy)
    again = Trial(home, {"FUNDOCR_ANONYMOUS_CIDRS": ""}, CORRECTIONS_ALONE)
    with started(again):
        said = again.welcome()
    assert "admin" not in said
    assert "login?token=" not in said
    assert not (home / "var" / "run" / "authorization").exists(), "after its stop"
