"""TorchServe's management API, for the commands that change which versions serve."""

import time
from typing import Any

import requests

from serving.client import is_busy
from serving.failure import Failure
from serving.torchserve import Answer, ready_workers, waiting_requests
from serving.torchserve_process import TorchServe

# As long as an archive's YAML lets a worker take to load (s), and some.
_LOAD_SECONDS = 180
_QUIET_LOOKS = 10
_LOOK_SECONDS = 0.1
_TRIES = 3


class ModelApi:
    """One running TorchServe; every method raises Failure with TorchServe's own sentence."""

    def __init__(self, server: TorchServe) -> None:
        self._server = server
        if not server.client.is_reachable():
            raise Failure(
                f"TorchServe does not answer at {server.address.management} with the token in "
                f"{server.home}; start the service first (`make serve`)."
            )

    def versions(self, model: str) -> dict[str, dict[str, Any]]:
        """Version → TorchServe's description of it; empty when the model has none."""
        return {str(one["modelVersion"]): one for one in self._describe(model, "/all")}

    def default(self, model: str) -> str | None:
        """The version that answers where none is named."""
        found = self._describe(model, "")
        return str(found[0]["modelVersion"]) if found else None

    def register(self, archive: str, workers: int) -> None:
        """Load an archive of the model store; returns when it has so many workers."""
        query = {"url": archive, "initial_workers": str(workers), "synchronous": "true"}
        self._ask("POST", "/models", query)

    def wait_ready(self, model: str, version: str, workers: int) -> None:
        """Return when so many workers of the version are READY."""
        deadline = time.monotonic() + _LOAD_SECONDS
        while True:
            found = self.versions(model).get(version)
            if found is not None and ready_workers(found) >= workers:
                return
            if time.monotonic() > deadline:
                raise Failure(f"{model} {version} was not READY in {_LOAD_SECONDS} s.")
            time.sleep(_LOOK_SECONDS)

    def set_default(self, model: str, version: str) -> None:
        """Let this version answer where none is named."""
        self._ask("PUT", f"/models/{model}/{version}/set-default", {})

    def scale(self, model: str, version: str, workers: int) -> None:
        """Have so many workers; what one that goes is working on is lost."""
        query = {"min_worker": str(workers), "max_worker": str(workers), "synchronous": "true"}
        self._ask("PUT", f"/models/{model}/{version}", query)

    def unregister(self, model: str, version: str) -> None:
        """Take a version out of service; what it is working on is lost."""
        self._ask("DELETE", f"/models/{model}/{version}", {})

    def drain(self, model: str, version: str, seconds: float = 120) -> bool:
        """Wait until the version has nothing to do for a second; False when that never was.

        A request may be on its way between TorchServe and a worker: one look is not enough.
        """
        deadline = time.monotonic() + seconds
        quiet = 0
        while quiet < _QUIET_LOOKS:
            if time.monotonic() > deadline:
                return False
            quiet = 0 if self._is_busy(model, version) else quiet + 1
            time.sleep(_LOOK_SECONDS)
        return True

    def _is_busy(self, model: str, version: str) -> bool:
        found = self.versions(model).get(version)
        if found is None:
            return False
        home = self._server.home
        return waiting_requests(found) > 0 or any(is_busy(home, w["pid"]) for w in found["workers"])

    def _describe(self, model: str, versions: str) -> list[dict[str, Any]]:
        # An answer that does not come must not pass for "there is none, and nothing is at work".
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._server.client.described(model, versions)
            except (requests.RequestException, ValueError) as error:
                if not tries_left:
                    said = type(error).__name__
                    raise Failure(f"TorchServe did not answer: {said}.") from None
            time.sleep(_LOOK_SECONDS)
        return []

    def _ask(self, method: str, path: str, query: dict[str, str]) -> None:
        try:
            answer = self._server.client.ask(
                method, "management", path, seconds=_LOAD_SECONDS, params=query
            )
        except requests.RequestException as error:
            raise Failure(f"TorchServe did not answer: {type(error).__name__}.") from None
        if answer.status >= 400:
            raise Failure(_sentence(answer))


def _sentence(answer: Answer) -> str:
    text = str(answer.content.get("message", "")) or answer.body[:200].decode("utf-8", "replace")
    line = next(iter(text.splitlines()), "") or f"status {answer.status}"
    return f"TorchServe says: {line.rstrip('.')}."
