"""Callers who mean well: known links and new pictures at a light rate, and how long they wait."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

import requests

from evals.bench.host import unique

LINKS_A_SECOND = 20
LINK_CALLERS = 4
PICTURES_A_SECOND = 2
KINDS = ("known links", "new pictures")


@dataclass(slots=True, kw_only=True)
class Waited:
    """Seconds of each answer, by kind, and what was no right answer."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Waited") -> None:
        """What was waited elsewhere too."""
        for kind in KINDS:
            self.seconds[kind] += other.seconds[kind]
        self.wrong += other.wrong


class Door(Protocol):
    """Whom they ask. authority: the file of certificates that vouches for it."""

    @property
    def url(self) -> str: ...
    @property
    def authority(self) -> str: ...


class Callers:
    """door: whom they ask. link: a known one. picture: a file, other bytes for each request."""

    def __init__(self, door: Door, key: str, link: dict[str, str], picture: bytes) -> None:
        self._url = f"{door.url}/ocr_handler"
        self._authority = door.authority
        self._key = key
        self._link = link
        self._picture = picture
        self._numbers = count(1)
        self.pictures = 0

    def ask(self, seconds: float) -> Waited:
        """For so long, each kind at its rate: links by several callers, pictures by one."""
        waited = Waited()
        rate = LINKS_A_SECOND / LINK_CALLERS
        with ThreadPoolExecutor(LINK_CALLERS + 1) as pool:
            jobs = [
                pool.submit(self._series, waited, KINDS[0], rate, k / LINKS_A_SECOND, seconds)
                for k in range(LINK_CALLERS)
            ]
            jobs += [pool.submit(self._series, waited, KINDS[1], PICTURES_A_SECOND, 0, seconds)]
            for job in jobs:
                job.result()
        return waited

    def _series(self, waited: Waited, kind: str, rate: float, begin: float, seconds: float) -> None:
        """A link waits from when it was due: one that is slow does not hide those it holds up. Of
        pictures none is due before the last one is read: on a busy machine they would pile up."""
        is_link = kind == KINDS[0]
        send = self._ask_link if is_link else self._ask_picture
        with requests.Session() as session:
            session.trust_env = False
            session.verify = self._authority
            session.headers["Authorization"] = f"Bearer {self._key}"
            session.get(self._url.replace("/ocr_handler", "/healthz"), timeout=60)  # connected
            end = time.monotonic() + seconds
            due = end - seconds + begin
            while due < end:
                time.sleep(max(due - time.monotonic(), 0))
                answer = send(session)
                now = time.monotonic()
                waited.seconds[kind].append(now - due)
                if answer.status_code != 200 or not answer.json()["flag"]:
                    waited.wrong.append(f"{answer.status_code} {answer.text[:200]}")
                due = due + 1 / rate if is_link else max(due + 1 / rate, now)

    def _ask_link(self, session: requests.Session) -> requests.Response:
        return session.post(self._url, json=self._link, timeout=120)

    def _ask_picture(self, session: requests.Session) -> requests.Response:
        self.pictures = number = next(self._numbers)
        picture = unique(self._picture, number)
        headers = {"Content-Type": "image/png"}
        return session.post(self._url, data=picture, headers=headers, timeout=120)
