"""Clients as they come: new links, known links, pictures sent as bytes, corrections."""

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from random import Random
from ssl import SSLContext
from types import TracebackType
from urllib.parse import urlsplit

from evals.testbed.picture_host import PictureHost
from tests.faults.book import Book, Response, judge, named
from tests.faults.ledger import Entry, Outcome, Values
from tests.faults.pictures import Pictures, upload_identity

CLIENTS = 16
# Above what the front door itself allows an answer to take (130 s).
_ANSWER_SECONDS = 150
# A client asks again after an answer, and later after an error (s).
PAUSE, _PAUSE_AFTER_ERROR = 0.05, 0.2
# How often in a hundred a client sends what; the rest are known pictures.
_NEW_LINK, _NEW_UPLOAD, _CORRECTION = 35, 10, 10
_TRIES_TO_SETTLE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture. link: asked for by link, else sent as bytes."""

    number: int
    link: bool
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all clients of one service share. host: serves all Pictures. known: pictures that were
    asked for before. corrections: gives each its own number. version: of the model, which every
    fifth picture is asked for by name; empty: none is. context: for a front door behind TLS.
    """

    front: str
    key: str
    host: PictureHost
    pictures: Pictures = field(default_factory=Pictures)
    book: Book = field(default_factory=Book)
    known: list[Picture] = field(default_factory=list)
    corrections: "count[int]" = field(default_factory=lambda: count(1))
    version: str = "1.0"
    context: SSLContext | None = None


class Client:
    """One connection to the front door; all that is asked by it goes into the book."""

    def __init__(self, world: World) -> None:
        self._world = world
        place = urlsplit(world.front)
        assert place.hostname and place.port
        at, seconds = (place.hostname, place.port), _ANSWER_SECONDS
        self._connection = (
            HTTPConnection(*at, timeout=seconds)
            if place.scheme == "http"
            else HTTPSConnection(*at, timeout=seconds, context=world.context)
        )

    def close(self) -> None:
        self._connection.close()

    def new_picture(self, *, link: bool) -> Picture:
        """A picture that nobody has asked for."""
        pictures, number = self._world.pictures, self._world.pictures.next_number()
        if link:
            identity = self._world.host.url(f"/{number}.png")
        else:
            identity = upload_identity(pictures.content(number))
        self._world.book.shown[identity] = pictures.shows(number)
        picture = Picture(number=number, link=link, identity=identity)
        self._world.known.append(picture)
        return picture

    def recognise(self, picture: Picture) -> Outcome:
        """Ask for a picture; for some of them one version of the model, by TorchServe's path."""
        named = f"/predictions/ocr_handler/{self._world.version}".rstrip("/")
        path = named if picture.number % 5 == 0 else "/ocr_handler"
        if picture.link:
            body = json.dumps({"image_url": picture.identity, "url_type": "7min_local"}).encode()
            return self._ask(path, body, "application/json", picture.identity)
        content = self._world.pictures.content(picture.number)
        return self._ask(path, content, "image/png", picture.identity)

    def correct(self, picture: Picture, values: Values) -> Outcome:
        """Set a person's values on a picture that was answered and not corrected before."""
        body = {
            "image_url": picture.identity,
            "update_fund_code": values[0],
            "update_hold_share": values[1],
            "row_version": 1,
        }
        content = json.dumps(body).encode()
        return self._ask("/ocr_info_update", content, "application/json", picture.identity, values)

    def _ask(
        self, path: str, body: bytes, kind: str, identity: str, set_to: Values | None = None
    ) -> Outcome:
        sent = time.monotonic()
        response = self._exchange(path, body, kind)
        judged = judge(response)
        entry = Entry(
            identity=identity,
            sent=sent,
            ended=time.monotonic(),
            outcome=judged.outcome,
            told=judged.told,
            set_to=set_to,
        )
        self._world.book.note(entry, judged, named(response))
        return judged.outcome

    def _exchange(self, path: str, body: bytes, kind: str) -> Response | None:
        headers = {"Authorization": f"Bearer {self._world.key}", "Content-Type": kind}
        try:
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return None
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Response(status=answer.status, headers=names, body=content)


class Load:
    """So many clients, from the beginning of the block to its end; then all that was corrected and
    not acknowledged is sent again until it is.

    only_new: they ask for new links alone. pause: of each after an answer (s).
    """

    def __init__(
        self,
        world: World,
        clients: int = CLIENTS,
        *,
        only_new: bool = False,
        pause: float = PAUSE,
    ) -> None:
        self._world = world
        self._only_new = only_new
        self._pause = pause
        self._enough = threading.Event()
        self._clients = clients
        self._pool = ThreadPoolExecutor(clients, thread_name_prefix="client")
        self._working: list[Future[None]] = []

    def __enter__(self) -> "Load":
        self._working = [self._pool.submit(self._work, Random(n)) for n in range(self._clients)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ask_no_more()
        self._pool.shutdown()
        for one in self._working:
            one.result()  # a client that failed itself has asked for too little

    def ask_no_more(self) -> None:
        """They still wait for the answers to what they have asked."""
        self._enough.set()

    def _work(self, rng: Random) -> None:
        client = Client(self._world)
        mine: list[Picture] = []
        unsettled: list[tuple[Picture, Values]] = []
        while not self._enough.is_set():
            outcome = self._one(client, rng, mine, unsettled)
            self._enough.wait(self._pause if outcome is Outcome.OK else _PAUSE_AFTER_ERROR)
        for picture, values in unsettled:
            for _ in range(_TRIES_TO_SETTLE):
                if client.correct(picture, values) is Outcome.OK:
                    break
                time.sleep(_PAUSE_AFTER_ERROR)
        client.close()

    def _one(
        self,
        client: Client,
        rng: Random,
        mine: list[Picture],
        unsettled: list[tuple[Picture, Values]],
    ) -> Outcome:
        """One request. mine: answered pictures that nobody else corrects. unsettled: corrections
        that were sent and not acknowledged."""
        if unsettled and rng.random() < 0.3:
            outcome = client.correct(*unsettled[0])
            if outcome is Outcome.OK:
                del unsettled[0]
            return outcome
        what = rng.randrange(100)
        if self._only_new or not self._world.known or what < _NEW_LINK + _NEW_UPLOAD:
            picture = client.new_picture(link=self._only_new or what < _NEW_LINK)
            outcome = client.recognise(picture)
            if outcome is Outcome.OK:
                mine.append(picture)
        elif mine and what < _NEW_LINK + _NEW_UPLOAD + _CORRECTION:
            picture = mine.pop(rng.randrange(len(mine)))
            number = next(self._world.corrections)
            values = (f"{number:06}", f"{number}.25")
            outcome = client.correct(picture, values)
            if outcome is not Outcome.OK:
                unsettled.append((picture, values))
        else:
            outcome = client.recognise(self._known(rng))
        return outcome

    def _known(self, rng: Random) -> Picture:
        """Of the last ones as likely as of all."""
        known = self._world.known
        last = known[-50:] if rng.random() < 0.5 else known
        return rng.choice(last)
