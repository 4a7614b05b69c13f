"""The three ways by which a link reaches a process that fetches it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from db.access import Keys, Role
from db.engine import open_engine
from db.rows import Row
from db.store import Store
from pipeline.response import to_json
from tests.db.sample_readings import refused
from tests.hostile.stage import Stage

_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Answer:
    """code: of the error; `OK` for none, `NOT_KEPT` where the table takes no such link."""

    status: int
    code: str


class Entrance(ABC):
    """name: for the report. pid: of the process that fetches what is asked for here."""

    name: str

    def __init__(self, stage: Stage, session: requests.Session) -> None:
        self._service, self._session = stage.service, session
        self.pid = stage.worker

    @abstractmethod
    def ask(self, url: str, url_type: str) -> Answer:
        """Have the picture behind this link fetched."""


class TorchServe(Entrance):
    """JSON to TorchServe itself."""

    name = "TorchServe"

    def ask(self, url: str, url_type: str) -> Answer:
        answer = self._session.post(
            f"{self._service.address.inference}/predictions/ocr_handler",
            data=_body(url, url_type),
            headers={**self._service.authorization(), "Content-Type": "application/json"},
            timeout=_SECONDS,
        )
        return _told(answer)


class FrontDoor(Entrance):
    """The same JSON to the front door, which fetches by itself."""

    name = "front door"

    def __init__(self, stage: Stage, session: requests.Session) -> None:
        super().__init__(stage, session)
        self.pid = stage.front

    def ask(self, url: str, url_type: str) -> Answer:
        answer = self._session.post(
            f"{self._service.front}/ocr_handler",
            data=_body(url, url_type),
            headers={"Content-Type": "application/json"},
            timeout=_SECONDS,
        )
        return _told(answer)


class ReviewPicture(Entrance):
    """The picture of a row with this link, as if it had been read long ago, which the review page
    shows to somebody who is logged in."""

    name = "review page"

    def __init__(self, stage: Stage, session: requests.Session, store: Store) -> None:
        super().__init__(stage, session)
        self._store = store
        self.pid = stage.front

    def ask(self, url: str, url_type: str) -> Answer:
        (row,) = self._store.save([refused(url, url_type=url_type, image_sha256=None)])
        if not isinstance(row, Row):
            return Answer(0, "NOT_KEPT")
        try:
            answer = self._session.get(
                f"{self._service.front}/review/{row.id}/picture",
                headers={"Accept": "*/*"},
                timeout=_SECONDS,
            )
            return _told(answer)
        finally:
            # Or the next one to ask for this link would be answered from the table.
            self._store.forget(url)


NAMES = (TorchServe.name, FrontDoor.name, ReviewPicture.name)


@contextmanager
def entrances(stage: Stage, names: Sequence[str] = NAMES) -> Iterator[tuple[Entrance, ...]]:
    """Those with these names; the review page with a reviewer who has logged in."""
    with ExitStack() as stack:
        engine = open_engine(stage.service.database_url)
        stack.callback(engine.dispose)
        sessions = [stack.enter_context(requests.Session()) for _ in range(3)]
        for session in sessions:
            session.trust_env = False
        front = stage.service.front
        key = Keys(engine).add("reviewer", Role.CORRECTOR)
        answer = sessions[2].post(f"{front}/login", {"key": key}, headers={"Origin": front})
        assert answer.status_code == 200, answer.text
        ways = (
            TorchServe(stage, sessions[0]),
            FrontDoor(stage, sessions[1]),
            ReviewPicture(stage, sessions[2], Store(engine)),
        )
        yield tuple(way for way in ways if way.name in names)


def _body(url: str, url_type: str) -> bytes:
    # dry_run: what is answered with a picture leaves no row that would answer the next one.
    fields: dict[str, Any] = {"image_url": url, "url_type": url_type, "dry_run": True}
    return to_json(fields).encode()


def _told(answer: requests.Response) -> Answer:
    if answer.status_code == 200:
        return Answer(200, "OK")
    try:
        return Answer(answer.status_code, str(answer.json()["code"]))
    except (ValueError, KeyError):
        return Answer(answer.status_code, answer.text[:80])
