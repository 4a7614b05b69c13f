"""The book that all clients of a fault run write into, and what may stand in it."""

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import DatabaseUnavailable, FetchFailed, FetchTimeout, ServiceBusy
from tests.faults.ledger import Entry, Outcome, Values

# What a right request may be answered while something is broken (errors of docs/api.md).
# Whatever else comes is foreign.
_ALLOWED = {
    (kind.status, kind.code)
    for kind in (DatabaseUnavailable, ServiceBusy, FetchFailed, FetchTimeout)
}
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A response as the ledger takes it. foreign: what it should not have been, else empty."""

    outcome: Outcome
    told: Values | None = None
    foreign: str = ""


@dataclass(slots=True)
class Book:
    """entries: all requests so far. shown: what is on each picture. codes: the errors that came
    back, by status and code; foreign: those of them that must not. is_cut_off: the front door
    itself is away now and then, and a lost connection no fault.
    """

    entries: list[Entry] = field(default_factory=list)
    shown: dict[str, Values] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)
    foreign: Counter[str] = field(default_factory=Counter)
    is_cut_off: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, entry: Entry, judged: Judged, code: str) -> None:
        """Write one request down."""
        with self._lock:
            self.entries.append(entry)
            if code:
                self.codes[code] += 1
            if judged.foreign and not (judged.foreign == NO_ANSWER and self.is_cut_off):
                self.foreign[judged.foreign] += 1


def judge(response: Response | None) -> Judged:
    """How a request came out; None: no answer came."""
    if response is None:
        return Judged(outcome=Outcome.UNKNOWN, foreign=NO_ANSWER)
    body = _object(response.body)
    if response.status == 200:
        told = _values(body)
        if told is not None:
            return Judged(outcome=Outcome.OK, told=told)
    elif (
        (response.status, body.get("code")) in _ALLOWED
        and isinstance(body.get("error"), str)
        and isinstance(body.get("request_id"), str)
        and (response.status != 503 or int(response.headers.get("retry-after", 0)) > 0)
    ):
        return Judged(outcome=Outcome.FAILED)
    return Judged(outcome=Outcome.FAILED, foreign=named(response) or "200 without an answer")


def named(response: Response | None) -> str:
    """An error by status and code, for a report; empty where it is none."""
    if response is None:
        return NO_ANSWER
    if response.status == 200:
        return ""
    return f"{response.status} {_object(response.body).get('code', response.body[:40])}"


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _values(body: dict[str, Any]) -> Values | None:
    """What an answer, or the answer of a correction, tells."""
    data = body.get("data") or (body.get("detail") or {}).get("data")
    return (data["fund_code"], data["hold_share"]) if data else None
