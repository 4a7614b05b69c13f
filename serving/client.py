"""A client of TorchServe for commands, and for the process that watches it."""

import fcntl
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from handlers.worker import busy_folder
from serving.torchserve import (
    Answer,
    Api,
    Header,
    Renewal,
    address_of,
    authorization,
    read_token,
    token_of,
    waiting_requests,
)

_SECONDS = 5.0
# A picture in a batch behind others (s).
_PREDICT_SECONDS = 120.0
_RENEW_BEFORE = timedelta(minutes=2)
# How long a token that was renewed just now may take to be written down (s).
_TOKEN_WRITTEN = 0.5


class NoAnswer(Exception):
    """TorchServe gave none of ours; says what it did, as a sentence without its end."""


class Client:
    """Of one TorchServe. home: where it writes its tokens; properties: its config."""

    def __init__(self, home: Path, properties: dict[str, str]) -> None:
        self._home = home
        self._address = address_of(properties)
        self._lifetime_min = properties.get("token_expiration_min", "60")
        # What asks for new tokens: the same as long as a TorchServe runs.
        self._api_token: str | None = None
        self._looks_without_tokens = 0

    def ask(
        self,
        method: str,
        api: Api,
        path: str,
        *,
        seconds: float = _SECONDS,
        **body: Any,  # noqa: ANN401 — params, json, data or files, as requests takes them
    ) -> Answer:
        """One request by the present token, asked again with a new one; RequestException where no
        answer comes. No proxy of the environment's stands in between."""
        at = self._address.inference if api == "inference" else self._address.management
        renewal = Renewal(lambda: self._header(api), _TOKEN_WRITTEN)
        with requests.Session() as session:
            session.trust_env = False

            def send() -> Answer:
                answer = session.request(
                    method, at + path, headers=renewal.header(), timeout=seconds, **body
                )
                return Answer(
                    status=answer.status_code, body=answer.content, headers=answer.headers
                )

            answer = send()
            while answer.refuses_token:
                for pause in renewal.pauses():
                    time.sleep(pause)
                if not renewal.is_due:
                    break
                answer = send()
            return answer

    def predict(
        self,
        model: str,
        version: str,
        *,
        again: bool = False,
        **body: Any,  # noqa: ANN401 — see `ask`
    ) -> dict[str, Any]:
        """A version's answer or error in our form; NoAnswer where TorchServe gave none of ours.

        again: ask once more then: a worker may have ended under the request.
        """
        try:
            return self._predict(model, version, body)
        except NoAnswer:
            if not again:
                raise
        return self._predict(model, version, body)

    def _predict(self, model: str, version: str, body: dict[str, Any]) -> dict[str, Any]:
        path = f"/predictions/{model}/{version}"
        try:
            answer = self.ask("POST", "inference", path, seconds=_PREDICT_SECONDS, **body)
        except requests.RequestException as error:
            raise NoAnswer(f"TorchServe did not answer ({type(error).__name__})") from None
        if not answer.is_ours:
            raise NoAnswer(f"TorchServe answered {answer.status}")
        return answer.content

    def describe(self, model: str, versions: str = "/all") -> list[dict[str, Any]]:
        """Its description of a model; empty when it has none, or does not answer.

        versions: `/all`, or empty for the one that answers by default.
        """
        try:
            return self.described(model, versions)
        except (requests.RequestException, ValueError):
            return []

    def described(self, model: str, versions: str = "/all") -> list[dict[str, Any]]:
        """The same; RequestException or ValueError when it does not answer."""
        answer = self.ask("GET", "management", f"/models/{model}{versions}")
        if answer.status == 404:
            return []
        if answer.status != 200 or not isinstance(answer.json, list):
            raise ValueError(f"status {answer.status}")
        return answer.json

    def is_reachable(self) -> bool:
        """Whether a TorchServe answers there that takes this home's token."""
        try:
            return self.ask("GET", "management", "/models").status < 400
        except requests.RequestException:
            return False

    def forget(self) -> None:
        """Another TorchServe begins, with other tokens."""
        self._api_token = None

    def renew_tokens(self) -> None:
        """Ask for new tokens shortly before the present ones expire; nothing to do otherwise.

        A new token ends the one before at once; the front door then reads the new one.
        """
        before = min(_RENEW_BEFORE, timedelta(minutes=int(self._lifetime_min)) / 2)
        self._api_token = read_token(self._home, "API") or self._api_token
        for api in ("inference", "management"):
            expires = self._expiry(api)
            if expires is not None and expires - datetime.now(UTC) <= before:
                self._renew(api)
        # A full disk leaves the file empty when tokens are renewed, and then nobody has them. They
        # are asked for until there is room to write them down. (Twice: it may just be written.)
        has_tokens = read_token(self._home, "inference") is not None
        self._looks_without_tokens = 0 if has_tokens else self._looks_without_tokens + 1
        if self._looks_without_tokens > 1 and self._api_token is not None:
            self._renew("inference")

    def _expiry(self, api: Api) -> datetime | None:
        try:
            return token_of(self._home, api).expires
        except (OSError, ValueError):
            return None

    def _renew(self, api: Api) -> None:
        with suppress(requests.RequestException):  # asked again half a second later
            self.ask("GET", "API", "/token", params={"type": api})

    def _header(self, api: Api) -> Header:
        if api == "API" and self._api_token and read_token(self._home, api) is None:
            return {"Authorization": f"Bearer {self._api_token}"}
        return authorization(self._home, api)


# Waiting until a TorchServe has nothing in flight: it drops what is when it stops.

# As long as TorchServe lets a worker take for one batch (responseTimeout of the archives).
_DRAIN_SECONDS = 120.0


def drain(home: Path, client: Client, models: Iterable[str]) -> None:
    """Return when nothing was in flight twice in a row, or after as long as a batch may take."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        quiet = 0 if _is_any_busy(home, client, models) else quiet + 1
        time.sleep(0.1)


def is_busy(home: Path, worker: object) -> bool:
    """Whether a worker is at a batch. worker: its process id."""
    try:
        with (busy_folder(home) / str(worker)).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_any_busy(home: Path, client: Client, models: Iterable[str]) -> bool:
    if any(is_busy(home, path.name) for path in busy_folder(home).iterdir()):
        return True
    return any(waiting_requests(version) for model in models for version in client.describe(model))
