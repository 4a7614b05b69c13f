"""One TorchServe process: started, watched until READY, drained and stopped."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import cached_property
from pathlib import Path

from handlers.worker import busy_folder
from pipeline.settings import PROJECT
from serving.client import Client, drain
from serving.config import Chosen, chosen_versions, model_store, with_metrics_file
from serving.failure import Failure
from serving.installation import java_home
from serving.ports import require_free, split_address
from serving.properties import read_properties
from serving.run_file import SCRATCH, end_group
from serving.torchserve import KEY_FILE, TorchServeAddress, address_of, ready_workers
from serving.watch import BoundedLog, Health, Refusals

CONFIG = "config.properties"
READY_SECONDS = 120.0
# How long (s) it may leave its management API unanswered; and how long, after it has stopped trying
# to start a model's workers, that may have none.
SILENT_SECONDS = 60.0
_WORKERLESS_SECONDS = 30.0
LOG_CONFIG = "log4j2.xml"


def config_file(home: Path, name: str = CONFIG) -> Path:
    """FUNDOCR_HOME's config.properties (or another such file) if it has one, else the project's."""
    return home / name if (home / name).is_file() else PROJECT / name


class TorchServe:
    """A TorchServe with `home` as its working folder; its logs are in home/var/log.

    Raises Failure with one sentence for whatever keeps it from serving.
    """

    def __init__(self, home: Path, *, silent_s: float = SILENT_SECONDS) -> None:
        self.home = home
        self._silent_s = silent_s
        self.logs = home / "var" / "log"
        self.console = BoundedLog(self.logs / "console.log")
        self._read_config()
        self._process: subprocess.Popen[bytes] | None = None
        self.scratch = ""
        self._refusals = Refusals(self.logs / "model_log.log")
        # While it is not None: until when (monotonic, s) a TorchServe that was started again must
        # be READY.
        self._ready_by: float | None = None
        # What it must do from READY on, each with what is wrong when it does not.
        self._pulses: list[tuple[Health, str]] = []

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

    def start(self, *, again: bool = False) -> int:
        """Start the process and return its id; `wait_ready` tells when it serves.

        again: after one that has ended; what that one wrote last stays in the logs.
        """
        java = java_home()
        _ = self.chosen
        self.require_free_addresses()
        self.logs.mkdir(parents=True, exist_ok=True)
        if not again:
            for name in ("ts_log.log", "model_log.log"):
                (self.logs / name).unlink(missing_ok=True)
        self._refusals.begin()
        (self.home / KEY_FILE).unlink(missing_ok=True)
        self.client.forget()
        for busy in busy_folder(self.home).iterdir():
            busy.unlink()
        # Sockets live here and their paths must stay short, so it is not below home.
        self.scratch = tempfile.mkdtemp(prefix=SCRATCH)
        environment = {
            **os.environ,
            "FUNDOCR_HOME": str(self.home),
            "JAVA_HOME": java,
            **dict.fromkeys(("TMPDIR", "TEMP"), self.scratch),
            "LOG_LOCATION": str(self.logs),
            "METRICS_LOCATION": str(self.logs),
        }
        # A worker must import its archive's code; a config file is passed by name.
        for name in ("PYTHONPATH", "TS_CONFIG_FILE"):
            environment.pop(name, None)
        command = [
            *(sys.executable, "-m", "ts.model_server", "--start", "--foreground", "--ncs"),
            *("--ts-config", with_metrics_file(self.config, self.properties, self.scratch)),
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

    def start_again(self) -> int:
        """End what a TorchServe that has ended left running, and start it anew.

        It is watched until it is READY, by `ended`; the service goes on meanwhile. What was
        deployed since the last start is in its config by now.
        """
        self._clear()
        self._read_config()
        self._ready_by = time.monotonic() + READY_SECONDS
        return self.start(again=True)

    def wait_ready(self, stopping: threading.Event, seconds: float = READY_SECONDS) -> None:
        """Return when every model of the config has its workers READY, or the service is to stop.

        `/ping` would be healthy before, and with no worker at all.
        """
        deadline = time.monotonic() + seconds
        while not stopping.wait(0.1):
            if why := self.ended():
                raise Failure(f"TorchServe has ended; {why}")
            if reason := self._refusals.first(self.scratch):
                raise Failure(f"The service cannot start: {reason}")
            if self._are_all_ready():
                self._pulses = self._new_pulses()
                return
            if time.monotonic() > deadline:
                raise Failure(f"The models were not READY in {seconds:g} s; see {self.logs}.")

    def ended(self) -> str | None:
        """Why it serves no longer, None while it does: where to look, as the end of a sentence.

        One that was started again and does not become READY is ended here, and so is one that runs
        and does not serve.
        """
        if self._is_running() and self._ready_by is not None:
            reason = self._refusals.first(self.scratch)
            if reason or time.monotonic() > self._ready_by:
                self._clear()
                return reason or f"it was not READY in {READY_SECONDS:g} s; see {self.logs}."
            if self._are_all_ready():
                self._ready_by = None
                self._pulses = self._new_pulses()
        for pulse, what in self._pulses if self._is_running() else ():
            if pulse.is_lost():
                self._clear(kill=True)
                return f"{what}; see {self.logs}."
        if self._is_running():
            return None
        return f"see {self.logs}/console.log and ts_log.log."

    def stop(self) -> None:
        """Wait for the requests in flight, then end the process and what it started."""
        if self._is_running():
            drain(self.home, self.client, {version.model for version in self.chosen})
        self._clear()

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _clear(self, *, kill: bool = False) -> None:
        """End the process and what it started; leave nothing of it but its logs.

        kill: without asking it first, because it answers to nothing.
        """
        self._pulses = []
        if self._process is not None:
            # What we started waits for Java; Java ends its workers when it is asked to end. Where
            # Java is gone already, nobody does.
            end_group(self._process, first=None if kill else "java")
            self._process = None
            (self.home / KEY_FILE).unlink(missing_ok=True)
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch = ""

    def _read_config(self) -> None:
        self.config = config_file(self.home)
        try:
            self.properties = read_properties(self.config)
        except (OSError, ValueError) as error:
            raise Failure(f"{self.config} cannot be read: {error}.") from None
        self.client = Client(self.home, self.properties)
        self.__dict__.pop("chosen", None)

    def _new_pulses(self) -> list[tuple[Health, str]]:
        retries = float(self.properties.get("max_retry_timeout_in_sec", "300"))
        without = retries + _WORKERLESS_SECONDS
        return [
            (
                Health(
                    self.client.is_reachable,
                    patience_s=self._silent_s,
                    every_s=self._silent_s / 6,
                ),
                f"it has not answered for {self._silent_s:g} s",
            ),
            (
                Health(self._has_workers, patience_s=without),
                f"a model has had no worker for {without:g} s",
            ),
        ]

    def _has_workers(self) -> bool:
        """Whether each model has a worker, as far as it should. One that somebody took away by the
        management API is not missed: `doctor` tells of that."""
        for model in {version.model for version in self.chosen}:
            for version in self.client.describe(model, ""):
                if version["minWorkers"] and not ready_workers(version):
                    return False
        return True

    def _are_all_ready(self) -> bool:
        return all(self._is_ready(version) for version in self.chosen)

    def _is_ready(self, wanted: Chosen) -> bool:
        return any(
            version["modelVersion"] == wanted.version and ready_workers(version) >= wanted.workers
            for version in self.client.describe(wanted.model)
        )
