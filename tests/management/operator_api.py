"""TorchServe's management API as an operator uses it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody with the management token. authorization: gives its header."""

    management: str
    authorization: Callable[[], dict[str, str]]

    def ask(self, method: str, path: str, **parameters: str | int) -> requests.Response:
        """One call; parameters go into the query."""
        return requests.request(
            method,
            self.management + path,
            params=parameters,
            headers=self.authorization(),
            timeout=SECONDS,
        )

    def describe(self, model: str, version: str = "all") -> dict[str, Any]:
        """Version → TorchServe's description of it."""
        answer = self.ask("GET", f"/models/{model}/{version}")
        assert answer.status_code == 200, answer.text
        return {one["modelVersion"]: one for one in answer.json()}

    def default_version(self, model: str) -> str:
        """The version that answers when none is named."""
        (version,) = self.ask("GET", f"/models/{model}").json()
        return str(version["modelVersion"])

    def ready(self, model: str, version: str = "1.0") -> int:
        """How many workers are READY."""
        workers = self.describe(model)[version]["workers"]
        return sum(worker["status"] == "READY" for worker in workers)

    def wait_ready(self, model: str, workers: int, version: str = "1.0") -> None:
        """Return when exactly so many workers exist and all are READY."""
        deadline = time.monotonic() + SECONDS
        while True:
            known = self.describe(model)[version]["workers"]
            if [worker["status"] for worker in known] == ["READY"] * workers:
                return
            assert time.monotonic() < deadline, known
            time.sleep(0.1)
