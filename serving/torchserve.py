"""How TorchServe is reached and understood from outside: its addresses, its tokens, the meaning of
its answers. serving.client asks it for commands, serving.async_client for the front door."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

KEY_FILE = "key_file.json"
Api = Literal["inference", "management", "API"]
Header: TypeAlias = dict[str, str]
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchServeAddress:
    """The addresses of one TorchServe's three APIs, without a slash at the end; where nothing else
    is said, TorchServe's own."""

    inference: str = "http://127.0.0.1:8080"
    management: str = "http://127.0.0.1:8081"
    metrics: str = "http://127.0.0.1:8082"


def address_of(properties: Mapping[str, str]) -> TorchServeAddress:
    """The addresses that a config.properties sets."""
    names = ("inference", "management", "metrics")
    keys = {name: f"{name}_address" for name in names}
    return TorchServeAddress(**{n: properties[k] for n, k in keys.items() if k in properties})


# What opens its APIs.


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What opens one API. expires: None where that is not told, as of the API of tokens."""

    key: str
    expires: datetime | None


def token_of(home: Path, api: Api) -> ApiToken:
    """The one that TorchServe asks for at present.

    TorchServe writes key_file.json into the folder it is started in, anew at each start and with
    each new token. OSError where it cannot be read; ValueError where it holds no such token.
    """
    try:
        entry = json.loads((home / KEY_FILE).read_text(encoding="utf-8"))[api]
        key, expires = entry["key"], entry.get("expiration time")
    except (ValueError, KeyError, TypeError, AttributeError):
        key = expires = None
    if not key:
        raise ValueError(f"no {api} token")
    return ApiToken(key=str(key), expires=_time(expires))


def read_token(home: Path, api: Api) -> str | None:
    """Its text; None while there is none that can be read."""
    try:
        return token_of(home, api).key
    except (OSError, ValueError):
        return None


def authorization(home: Path, api: Api) -> Header:
    """The header that opens one of the APIs at this moment; one that opens nothing while there is
    no token."""
    return {"Authorization": f"Bearer {read_token(home, api)}"}


class Renewal:
    """The token of one request, from try to try.

    A new token ends the one before at once and is written down a moment later: a request that was
    refused asks again as soon as another one stands there. header: what opens the API now.
    patience_s: how long to wait for it after each try."""

    def __init__(self, header: Callable[[], Header], patience_s: float) -> None:
        self._now = header
        self._patience_s = patience_s
        self._sent: Header = {}

    def header(self) -> Header:
        """For the next try."""
        self._sent = self._now()
        return self._sent

    def pauses(self) -> Iterator[float]:
        """To be slept (s), one after the other, until there is a token for another try or waiting
        for it is of no use."""
        until = time.monotonic() + self._patience_s
        while not self.is_due and time.monotonic() < until:
            yield _LOOK_S

    @property
    def is_due(self) -> bool:
        """Whether another token stands there than the last try was sent with."""
        return self._now() != self._sent


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# What it answers.


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, a handler's or TorchServe's own. Its JSON is decoded once, when first asked for.

    headers: whatever their case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 — whatever stands there
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def content(self) -> dict[str, Any]:
        """The body where it is a JSON object; empty where it is none."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def is_ours(self) -> bool:
        """Whether a handler wrote it, and not TorchServe itself."""
        return "request_id" in self.content or "detail" in self.content

    @property
    def kind(self) -> str:
        """What kind of error TorchServe itself tells; empty where it is none of its own. (One that
        is about to start knows no model yet, which is another kind than a version it does not
        know.)"""
        return "" if self.is_ours else str(self.content.get("type", ""))

    @property
    def refuses_token(self) -> bool:
        """Whether the request was not looked at because of its token."""
        return self.kind == "InvalidKeyException"


def ready_workers(description: Mapping[str, Any]) -> int:
    """How many workers of a version can answer, from its description by the management API."""
    return sum(worker["status"] == "READY" for worker in description["workers"])


def waiting_requests(description: Mapping[str, Any]) -> int:
    """How many requests wait for a worker of it; 0 where that is not told."""
    queue = description.get("jobQueueStatus")
    return int(queue.get("pendingRequests", 0)) if isinstance(queue, dict) else 0
