"""The front door's process: started, watched until it answers, stopped after its last answer."""

import os
import subprocess
import sys
import threading
import time

import requests

from cli.failure import USAGE, Failure
from cli.ports import require_free
from front.address import GRACEFUL_SECONDS, front_address
from pipeline.settings import PROJECT, Settings, SettingsError


class Front:
    """The front door for one TorchServe; raises Failure with one sentence when it cannot serve."""

    def __init__(self, settings: Settings, inference: str) -> None:
        self._settings = settings
        self._inference = inference
        self._log = settings.home / "var" / "log" / "front.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{self._settings.front_address}"

    def require_address(self) -> None:
        """Failure when it may not listen at its address, or somebody else listens there."""
        try:
            host, port = front_address(self._settings)
        except SettingsError as error:
            raise Failure(str(error), USAGE) from None
        require_free(host, port, "FUNDOCR_FRONT_ADDRESS")

    def start(self) -> int:
        """Start the process and return its id; `wait_ready` tells when it answers."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "front", "--torchserve", self._inference],
                cwd=PROJECT,
                env={**os.environ, "FUNDOCR_HOME": str(self._settings.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we stop it when it is due.
            )
        return self._process.pid

    def wait_ready(self, stopping: threading.Event, seconds: float = 30) -> None:
        """Return when it answers `/healthz`, or when the service is to stop."""
        deadline = time.monotonic() + seconds
        while not stopping.wait(0.05):
            self.require_running()
            if is_alive(self.url):
                return
            if time.monotonic() > deadline:
                raise Failure(f"The front door does not answer; see {self._log}.")

    def require_running(self) -> None:
        """Failure when the process has ended."""
        if self._process is None or self._process.poll() is not None:
            raise Failure(f"The front door has ended; see {self._log}.")

    def stop(self) -> None:
        """It answers what it has accepted, then ends."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACEFUL_SECONDS + 10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def is_alive(url: str) -> bool:
    """Whether a front door answers at `url`; no proxy of the environment's stands in between."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return bool(session.get(f"{url}/healthz", timeout=2).json() == {"alive": True})
        except (requests.RequestException, ValueError):
            return False
