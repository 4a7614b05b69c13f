"""Our service as a measured system: asked through its front door, MariaDB behind it."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import psutil
import requests
import yaml

from evals.bench.archives import NAME, STORE
from evals.bench.database import Database
from evals.bench.http import Response, place, post
from evals.bench.lifeline import with_us
from evals.bench.pictures import BenchPicture
from evals.bench.system import Host, as_body
from pipeline.response import Body
from pipeline.settings import PROJECT
from serving.archive import read_archive
from serving.properties import read_properties
from serving.temporary import Trial

AT_960 = {"FUNDOCR_DETECTOR_SIDE": "960"}
"""Settings under which the service reads at a longest side of 960, as the others do; `make bench`
shows that figure beside ours.
"""


class Ours:
    """A context manager: READY inside, after `start_seconds`. Without anonymous callers: every
    request brings a key, as in production.

    home: its folder; what the engine compiled before is kept in there. settings, config: as Trial
    takes them. store: the model store whose archives it serves.
    """

    def __init__(
        self,
        home: Path,
        host: Host,
        database: Database,
        settings: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        name: str = "ours",
        store: Path = STORE,
    ) -> None:
        self.name = name
        self._database = database
        self._trial = Trial(
            home,
            {
                "FUNDOCR_DATABASE_URL": database.new_database(upgraded=True),
                "FUNDOCR_LOCAL_HOSTS": host.authority,
                "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
                "FUNDOCR_ANONYMOUS_CIDRS": "",
                "FUNDOCR_RATE": "100000",  # one key asks for all: its rate is not what is measured
                **(settings or {}),
            },
            {"model_store": str(store), **(config or {})},
            inside=with_us(),
        )
        self.place = place(self._trial.front)
        self.start_seconds = 0.0
        self._told = _settings_told(settings or {}, read_archive(store / NAME).weights)

    def __enter__(self) -> "Ours":
        before = {one.pid for one in psutil.Process().children()}
        begun = time.monotonic()
        self._trial.__enter__()
        self.start_seconds = time.monotonic() - begun
        started = [one for one in psutil.Process().children() if one.pid not in before]
        self._service = next(one for one in started if "serve" in one.cmdline())
        self._trial.welcome()
        self._headers = self._trial.front_authorization()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._trial.stop()

    @property
    def settings(self) -> str:
        """See evals.bench.system.System."""
        return self._told

    @property
    def front(self) -> str:
        """Address of the front door."""
        return self._trial.front

    @property
    def database_url(self) -> str:
        """Of the database that it stores into."""
        return self._trial.database_url

    def ask(self, url: str) -> bytes:
        """See evals.bench.system.System."""
        body = {"image_url": url, "url_type": "7min_local"}
        return post("/ocr_handler", body, self._headers)

    def answer(self, picture: BenchPicture, response: Response) -> Body:
        """See evals.bench.system.System."""
        return as_body(response)

    def workers(self) -> list[int]:
        """Process ids of the workers that read pictures."""
        answer = requests.get(
            f"{self._trial.address.management}/models/ocr_handler",
            headers=self._trial.authorization("management"),
            timeout=30,
        )
        return [worker["pid"] for worker in answer.json()[0]["workers"]]

    def serve_with(self, workers: int, batch: int, delay_ms: int) -> None:
        """Register the model anew with these: what the registration says wins over the archive."""
        models = f"{self._trial.address.management}/models"
        headers = self._trial.authorization("management")
        requests.delete(f"{models}/ocr_handler/1.0", headers=headers, timeout=60).raise_for_status()
        wanted: dict[str, str | int] = {
            "url": "ocr_handler.mar",
            "batch_size": batch,
            "max_batch_delay": delay_ms,
            "initial_workers": workers,
            "synchronous": "true",
        }
        answer = requests.post(models, params=wanted, headers=headers, timeout=180)
        answer.raise_for_status()
        (now,) = requests.get(f"{models}/ocr_handler", headers=headers, timeout=30).json()
        if (now["batchSize"], now["maxBatchDelay"]) != (batch, delay_ms):
            raise RuntimeError(f"TorchServe serves with other values: {now}")

    def processes(self) -> dict[str, int]:
        """See evals.bench.system.System."""
        found = {f"worker {k + 1}": pid for k, pid in enumerate(self.workers())}
        for one in self._service.children(recursive=True):
            words = one.cmdline()
            if words and Path(words[0]).name == "java":
                found["TorchServe (Java)"] = one.pid
            elif "front" in words:
                found["front door"] = one.pid
        return found | {"MariaDB": self._database.pid}


def workers_config(workers: int) -> dict[str, str]:
    """config.properties with so many workers for each model that reads pictures."""
    models = json.loads(read_properties(PROJECT / "config.properties")["models"])
    for version in models["ocr_handler"].values():
        version |= {"minWorkers": workers, "maxWorkers": workers}
    return {"models": json.dumps(models)}


def batching() -> dict[str, int]:
    """batchSize and maxBatchDelay (ms) of the archive."""
    text = (PROJECT / "handlers" / "ocr_handler.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    return {key: found[key] for key in ("batchSize", "maxBatchDelay")}


def _settings_told(settings: Mapping[str, str], weights: str) -> str:
    batch = batching()
    threads = settings.get("FUNDOCR_THREADS", "0")
    side = settings.get("FUNDOCR_DETECTOR_SIDE", "640")
    return (
        f"openvino, {weights.partition('@')[0]}, answers confirmed; "
        f"{len(os.sched_getaffinity(0))} cores, "
        f"FUNDOCR_THREADS {threads}, longest side {side} at least, batch {batch['batchSize']}, "
        f"delay {batch['maxBatchDelay']} ms"
    )
