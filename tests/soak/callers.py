"""The callers of a soak: so many at once, each asking again as soon as it is answered."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cli.judge import judge
from tests.soak.asks import Ask

_SECONDS = 300
"""As long as a caller waits for one answer: longer than the service may take."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came back so far. failed, wrong: in words, what was not as it had to be.

    judged: answers that were held against what the picture shows. identities: of the rows that
    must be there. slowest: seconds.
    """

    pictures: int = 0
    answers: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    judged: int = 0
    corrections: int = 0
    slowest: float = 0.0
    failed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    identities: set[str] = field(default_factory=set)


class Callers:
    """`run` sends turns until `pictures` pictures were sent and answered.

    turn: a turn's number → its asks, which one caller sends one after the other.
    """

    def __init__(
        self, front: str, headers: Mapping[str, str], turn: Callable[[int], Sequence[Ask]]
    ) -> None:
        self._place = urlsplit(front).netloc
        self._headers = headers
        self.turn = turn
        self._next = 0
        self._lock = threading.Lock()
        self.tally = Tally()

    def run(self, pictures: int, callers: int) -> None:
        """Send so many more, and return when all are answered. The numbers of the turns go on."""
        end = self.tally.pictures + pictures
        crashes: list[BaseException] = []

        def work() -> None:
            try:
                connection = http.client.HTTPConnection(self._place, timeout=_SECONDS)
                while (number := self._take(end)) is not None:
                    self._send(connection, number)
                connection.close()
            except BaseException as error:
                crashes.append(error)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if crashes:
            raise crashes[0]

    def _take(self, end: int) -> int | None:
        with self._lock:
            if self.tally.pictures >= end:
                return None
            self._next += 1
            return self._next - 1

    def _send(self, connection: http.client.HTTPConnection, number: int) -> None:
        first: Mapping[str, Any] | None = None
        for ask in self.turn(number):
            begun = time.monotonic()
            status, body = _exchange(connection, ask, self._headers)
            seconds = time.monotonic() - begun
            with self._lock:
                self._note(ask, status, body, first, seconds, f"turn {number}, {ask.path}")
            if first is None:
                first = body.get("data")

    def _note(
        self,
        ask: Ask,
        status: int,
        body: Mapping[str, Any],
        first: Mapping[str, Any] | None,
        seconds: float,
        name: str,
    ) -> None:
        tally = self.tally
        tally.answers += 1
        tally.pictures += ask.is_picture
        tally.statuses[status] += 1
        tally.slowest = max(tally.slowest, seconds)
        code = body.get("code")
        if code not in ask.codes if ask.codes else status != 200:
            wanted = " or ".join(sorted(ask.codes)) or "200"
            tally.failed.append(f"{name}: {status} {code}, not {wanted}")
        elif status == 200:
            tally.corrections += ask.path == "/ocr_info_update"
            if ask.identity:
                tally.identities.add(ask.identity)
            if ask.truth is not None:
                tally.judged += 1
            tally.wrong += [f"{name}: {fault}" for fault in faults(ask, body, first)]


def faults(ask: Ask, body: Mapping[str, Any], first: Mapping[str, Any] | None = None) -> list[str]:
    """What is not right in an answer of status 200; first: the data of the turn's first answer."""
    found = []
    data, source = body.get("data"), body.get("detail", {}).get("source")
    if ask.truth is not None and (verdict := judge(ask.truth, dict(body))) != "right":
        found.append(f"{verdict}: {data}, the picture shows {ask.truth}")
    if ask.data is not None and data != ask.data:
        found.append(f"{data}, not {ask.data}")
    if ask.repeats and data != first:
        found.append(f"{data}, at first it was {first}")
    if ask.source is not None and source != ask.source:
        found.append(f"answered from {source}, not {ask.source}")
    return found


def _exchange(
    connection: http.client.HTTPConnection, ask: Ask, headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of one answer; status 0 where there was none."""
    try:
        connection.request(
            "POST", ask.path, ask.body, {**headers, "Content-Type": ask.content_type}
        )
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        connection.close()
        return 0, {"code": f"{type(error).__name__}: {error}"}
