"""Callers of the front door who never stop asking while something is changed behind it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import requests

from evals.testbed.picture_host import PictureHost
from tests.eyes.sights import blank
from tests.faults.pictures import kinds

# Two strips of a sample: read in a sixth of its time, so that asking leaves room for what changes.
PICTURE = kinds()[0].content
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}
# Looked at in a tenth of that: who answers is the same worker.
BLANK = blank(0)
SHOWS_NOTHING = {"fund_code": "", "hold_share": ""}

Ask = Callable[[requests.Session], tuple[bool, requests.Response]]


@dataclass(slots=True, kw_only=True)
class Told:
    """What the callers were answered. right: so often as it should be; else the answer."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def callers(front: str, host: PictureHost, clients: int) -> Iterator[Told]:
    """So many of them inside the block, each with one request after the other; no picture comes
    twice as far as the service can tell, and all are read: one in four shows something. The host
    serves PICTURE at /a.png and BLANK at /blank.png."""
    numbers = count()

    def ask(session: requests.Session) -> tuple[bool, requests.Response]:
        number = next(numbers)
        path, shown = ("/blank.png", SHOWS_NOTHING) if number % 4 else ("/a.png", SHOWN)
        link = {"image_url": host.url(f"{path}?n={number}"), "url_type": "7min_local"}
        answer = session.post(f"{front}/ocr_handler", json=link | {"refresh": True}, timeout=120)
        return answer.status_code == 200 and answer.json()["data"] == shown, answer

    with _asking([ask] * clients, pause=0.5) as told:
        yield told


@contextmanager
def correctors(front: str, links: Sequence[str]) -> Iterator[Told]:
    """One for each of these stored links, who corrects it again and again, each time otherwise,
    and looks whether it is so."""
    numbers = count(1)

    def correct(link: str, session: requests.Session) -> tuple[bool, requests.Response]:
        said = {"update_fund_code": "011608", "update_hold_share": f"{next(numbers)}.50"}
        answer = session.post(
            f"{front}/ocr_info_update", json={"image_url": link} | said, timeout=120
        )
        if answer.status_code != 200:
            return False, answer
        known: dict[str, Any] = {"image_url": link, "url_type": "7min_local"}
        stored = session.post(f"{front}/ocr_handler", json=known, timeout=120)
        data = {"fund_code": said["update_fund_code"], "hold_share": said["update_hold_share"]}
        return stored.status_code == 200 and stored.json()["data"] == data, stored

    # A correction takes a few milliseconds: without a pause nothing else would get anywhere.
    with _asking([partial(correct, link) for link in links], pause=0.15) as told:
        yield told


@contextmanager
def _asking(clients: Sequence[Ask], pause: float = 0.0) -> Iterator[Told]:
    """pause: of each client (s) before it asks again."""
    told, leaving, lock = Told(), threading.Event(), threading.Lock()

    def go_on(ask: Ask) -> None:
        with requests.Session() as session:
            while not leaving.wait(pause):
                try:
                    is_right, answer = ask(session)
                    said = f"{answer.status_code} {answer.text[:200]}"
                except (requests.RequestException, ValueError, KeyError) as error:
                    is_right, said = False, f"{type(error).__name__}: {error}"
                with lock:
                    if is_right:
                        told.right += 1
                    else:
                        told.wrong.append(said)

    threads = [threading.Thread(target=go_on, args=[ask]) for ask in clients]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        leaving.set()
        for thread in threads:
            thread.join()
