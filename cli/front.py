"""The front door's process: started, watched until it answers, stopped after its last answer."""

import os
import subprocess
import sys
import threading
import time

import requests

from cli.failure import Failure
from cli.ports import require_free
from pipeline.settings import Settings


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

    def require_free_address(self) -> None:
        """Failure when somebody listens there already."""
        host, _, port = self._settings.front_address.rpartition(":")
        require_free(host.strip("[]"), int(port), "FUNDOCR_FRONT_ADDRESS")

    def start(self) -> None:
        """Start the process; `wait_ready` tells when it answers."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "front", "--torchserve", self._inference],
                env={**os.environ, "FUNDOCR_HOME": str(self._settings.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we stop it when it is due.
            )

    def wait_ready(self, stopping: threading.Event, seconds: float = 30) -> None:
        """Return when it answers `/healthz`, or when the service is to stop."""
        deadline = time.monotonic() + seconds
        while not stopping.wait(0.05):
            self.require_running()
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise Failure(f"The front door does not answer; see {self._log}.") from None

    def require_running(self) -> None:
        """Failure when the process has ended."""
        if self._process is None or self._process.poll() is not None:
            raise Failure(f"The front door has ended; see {self._log}.")

    def stop(self) -> None:
        """It answers what it has accepted, then ends."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
