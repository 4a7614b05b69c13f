"""TorchServe's management API as we ask it, and the tokens that open its APIs."""

import fcntl
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from handlers.worker import busy_folder
from serving.torchserve import Api, address_of, read_token, token_expiry

_RENEW_BEFORE = timedelta(minutes=2)


class Management:
    """Of one TorchServe. home: where it writes its tokens; properties: its config."""

    def __init__(self, home: Path, properties: dict[str, str]) -> None:
        self._home = home
        self._address = address_of(properties).management
        self._lifetime_min = properties.get("token_expiration_min", "60")
        # What asks for new tokens: the same as long as a TorchServe runs.
        self._api_token: str | None = None
        self._looks_without_tokens = 0

    def forget(self) -> None:
        """Another TorchServe begins, with other tokens."""
        self._api_token = None

    def authorization(self, api: Api) -> dict[str, str]:
        """The header that opens one of its APIs."""
        token = read_token(self._home, api) or (self._api_token if api == "API" else None)
        return {"Authorization": f"Bearer {token}"}

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
        answer = self._get(f"/models/{model}{versions}", "management")
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return list(answer.json())

    def is_reachable(self) -> bool:
        """Whether a TorchServe answers there that takes this home's token."""
        try:
            return self._get("/models", "management").ok
        except requests.RequestException:
            return False

    def renew_tokens(self) -> None:
        """Ask for new tokens shortly before the present ones expire; nothing to do otherwise.

        A new token ends the one before at once; the front door then reads the new one.
        """
        before = min(_RENEW_BEFORE, timedelta(minutes=int(self._lifetime_min)) / 2)
        self._api_token = read_token(self._home, "API") or self._api_token
        for api in ("inference", "management"):
            expires = token_expiry(self._home, api)
            if expires is not None and expires - datetime.now(UTC) <= before:
                self._renew(api)
        # A full disk leaves the file empty when tokens are renewed, and then nobody has them. They
        # are asked for until there is room to write them down. (Twice: it may just be written.)
        has_tokens = read_token(self._home, "inference") is not None
        self._looks_without_tokens = 0 if has_tokens else self._looks_without_tokens + 1
        if self._looks_without_tokens > 1 and self._api_token is not None:
            self._renew("inference")

    def _renew(self, api: Api) -> None:
        with suppress(requests.RequestException):  # asked again half a second later
            self._get("/token", "API", {"type": api})

    def _get(self, path: str, api: Api, query: dict[str, str] | None = None) -> requests.Response:
        """Ask; no proxy of the environment's stands in between."""
        with requests.Session() as session:
            session.trust_env = False
            for is_last in (False, True):
                answer = session.get(
                    f"{self._address}{path}",
                    params=query,
                    headers=self.authorization(api),
                    timeout=5,
                )
                if is_last or answer.status_code != 400:
                    break
                time.sleep(0.2)  # the token was renewed just now and is being written down
            return answer


def ready_workers(description: dict[str, Any]) -> int:
    """How many workers of a version can answer, from its description by the management API."""
    return sum(worker["status"] == "READY" for worker in description["workers"])


# Waiting until a TorchServe has nothing in flight: it drops what is when it stops.

# As long as TorchServe lets a worker take for one batch (responseTimeout of the archives).
_SECONDS = 120.0


def drain(home: Path, management: Management, models: Iterable[str]) -> None:
    """Return when nothing was in flight twice in a row, or after as long as a batch may take."""
    deadline = time.monotonic() + _SECONDS
    quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        quiet = 0 if _is_busy(home, management, models) else quiet + 1
        time.sleep(0.1)


def _is_busy(home: Path, management: Management, models: Iterable[str]) -> bool:
    for path in busy_folder(home).iterdir():
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    for model in models:
        for version in management.describe(model):
            queue = version.get("jobQueueStatus", {})
            if isinstance(queue, dict) and queue.get("pendingRequests", 0):
                return True
    return False
