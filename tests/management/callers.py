"""Callers of the front door who never stop asking while something is changed behind it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import requests

from pipeline.settings import PROJECT
from tests.picture_host import PictureHost

PICTURE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}


@dataclass(slots=True, kw_only=True)
class Told:
    """What the callers were answered. right: with what the picture shows; else the answer."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def callers(front: str, host: PictureHost, clients: int) -> Iterator[Told]:
    """So many of them inside the block, each with one request after the other; no picture comes
    twice as far as the service can tell, and all are read. The host serves PICTURE at /a.png."""
    told, numbers, leaving, lock = Told(), count(), threading.Event(), threading.Lock()

    def ask() -> None:
        with requests.Session() as session:
            while not leaving.is_set():
                with lock:
                    number = next(numbers)
                link = {"image_url": host.url(f"/a.png?n={number}"), "url_type": "7min_local"}
                try:
                    answer = session.post(
                        f"{front}/ocr_handler", json=link | {"refresh": True}, timeout=120
                    )
                    body = answer.json()
                    is_right = answer.status_code == 200 and body["data"] == SHOWN
                    said = f"{answer.status_code} {answer.text[:200]}"
                except (requests.RequestException, ValueError, KeyError) as error:
                    is_right, said = False, f"{type(error).__name__}: {error}"
                with lock:
                    if is_right:
                        told.right += 1
                    else:
                        told.wrong.append(said)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        leaving.set()
        for thread in threads:
            thread.join()
