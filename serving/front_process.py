"""The front door's process: started, watched until it answers, stopped after its last answer."""

import os
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import requests

from pipeline.settings import PROJECT, Settings
from serving.failure import Failure
from serving.front_address import GRACEFUL_SECONDS, front_address, front_url
from serving.ports import require_free
from serving.torchserve import TorchServeAddress
from serving.watch import BoundedLog


class Front:
    """The front door's process; raises Failure with one sentence when it cannot serve."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.log = BoundedLog(settings.home / "var" / "log" / "front.log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return front_url(self._settings)

    def require_address(self) -> None:
        """Failure when somebody else listens at its address, or it is none."""
        host, port = front_address(self._settings)
        require_free(host, port, "FUNDOCR_FRONT_ADDRESS")

    def start(self, torchserve: TorchServeAddress, local_key: str) -> int:
        """Start the process and return its id; `wait_ready` tells when it answers.

        local_key: of this run, for whoever may read `authorization_file` on this machine; it opens
        the front door beside the keys of the database, until the service ends.
        """
        command = [
            *(sys.executable, "-m", "front"),
            *("--torchserve", torchserve.inference),
            *("--management", torchserve.management),
            *("--metrics", torchserve.metrics),
            *("--local-key", sha256(local_key.encode()).hexdigest()),
        ]
        with self.log.open() as log:
            self._process = subprocess.Popen(
                command,
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
            if why := self.ended():
                raise Failure(f"The front door has ended; {why}")
            if is_alive(self.url):
                return
            if time.monotonic() > deadline:
                raise Failure(f"The front door does not answer; see {self.log.path}.")

    def ended(self) -> str | None:
        """Where to look for why it runs no longer; None while it does."""
        is_running = self._process is not None and self._process.poll() is None
        return None if is_running else f"see {self.log.path}."

    def stop(self) -> None:
        """It answers what it has accepted, then ends."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self._settings.drain_seconds + GRACEFUL_SECONDS + 10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def authorization_file(home: Path) -> Path:
    """A header with the key of this run, as `curl -H @FILE` takes it."""
    return home / "var" / "run" / "authorization"


def is_alive(url: str) -> bool:
    """Whether a front door answers at `url`; no proxy of the environment's stands in between."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return bool(session.get(f"{url}/healthz", timeout=2).json() == {"alive": True})
        except (requests.RequestException, ValueError):
            return False
