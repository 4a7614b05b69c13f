"""A whole service that is READY, and what tests ask of it and do to it.

with running_service(folder, routes={"/a.png": SAMPLE}, keys=True) as service:
    service.ask("/a.png").json()["flag"]
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from db.access import Keys, Role
from db.engine import open_engine
from db.store import Store
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import Behaviour, PictureHost, allowed_from, picture_host
from tests.serve.waiting import wait_until
from tests.trial import Trial

SECONDS = 120
"""How long a request may take before the service counts as broken."""


@dataclass(slots=True, kw_only=True)
class RunningService:
    """host: of the pictures that `7min_local` may fetch. keys: of each role, where keys are asked
    for. server: its MariaDB, where it is the service's own."""

    trial: Trial
    host: PictureHost
    keys: dict[Role, str] = field(default_factory=dict)
    server: MariaDB | None = None

    @property
    def home(self) -> Path:
        return self.trial.home

    @property
    def url(self) -> str:
        """Of the front door."""
        return self.trial.front

    @property
    def database_url(self) -> str:
        return self.trial.database_url

    def front(
        self, method: str, path: str, role: Role | None = None, **options: Any
    ) -> requests.Response:
        """One request to the front door, with the key of this role."""
        own = {} if role is None else {"Authorization": f"Bearer {self.keys[role]}"}
        headers = {**own, **options.pop("headers", {})}
        options.setdefault("timeout", SECONDS)
        return requests.request(method, self.url + path, headers=headers, **options)

    def ask(self, target: str, **more: Any) -> requests.Response:
        """A picture of the host by its link at the front door; more: of the body, or `headers`."""
        headers = more.pop("headers", {})
        role = Role.CALLER if self.keys else None
        body = {"image_url": self.host.url(target), "url_type": "7min_local", **more}
        return self.front("POST", "/ocr_handler", role, json=body, headers=headers)

    def torchserve(
        self, body: Any, model: str = "ocr_handler", path: str = "", **options: Any
    ) -> requests.Response:
        """One prediction, straight from TorchServe: JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {**self.trial.authorization(), "Content-Type": "application/json"}
        return requests.post(
            f"{self.trial.address.inference}/predictions/{model}{path}",
            data=data,
            headers={**own, **options.pop("headers", {})},
            timeout=SECONDS,
            **options,
        )

    def workers(self, model: str = "ocr_handler") -> list[dict[str, Any]]:
        """What TorchServe says of the workers of the version that answers."""
        answer = requests.get(
            f"{self.trial.address.management}/models/{model}",
            headers=self.trial.authorization("management"),
            timeout=SECONDS,
        )
        return list(answer.json()[0]["workers"])

    def ready_workers(self, model: str = "ocr_handler") -> list[int]:
        """The process ids of those that are READY."""
        return [int(one["pid"]) for one in self.workers(model) if one["status"] == "READY"]

    def wait_ready(self) -> None:
        """Return when both models have a READY worker and the front door lets callers in."""

        def is_ready() -> bool:
            with suppress(requests.RequestException, ValueError, LookupError, TypeError):
                models = ("ocr_handler", "ocr_info_update")
                return all(map(self.ready_workers, models)) and self.front("GET", "/readyz").ok
            return False

        wait_until(is_ready)

    def processes(self) -> list[psutil.Process]:
        """All that work for its FUNDOCR_HOME."""
        return [one for one in psutil.process_iter() if _home_of(one) == str(self.home)]

    def java(self) -> psutil.Process:
        """TorchServe's own process."""
        (java,) = [one for one in self.processes() if one.name() == "java"]
        return java

    def front_door(self) -> psutil.Process:
        """The front door's process."""
        (front,) = [one for one in self.processes() if one.cmdline()[1:3] == ["-m", "front"]]
        return front

    def log(self, name: str) -> list[dict[str, Any]]:
        """The JSON lines of one of our logs."""
        text = (self.home / "var" / "log" / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Its rows."""
        engine = open_engine(self.database_url)
        try:
            yield Store(engine)
        finally:
            engine.dispose()


@contextmanager
def running_service(
    home: Path,
    *,
    routes: Mapping[str, "bytes | Behaviour"] | None = None,
    host: PictureHost | None = None,
    keys: bool = False,
    server: MariaDB | None = None,
    settings: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
) -> Iterator[RunningService]:
    """A service of its own.

    routes: of a host of its own; host: one that others share. keys: the front door asks for one,
    and each role has one. server: a MariaDB on which it gets a database; None: SQLite.
    settings: FUNDOCR_* beside these; config: keys of config.properties.
    """
    with ExitStack() as stack:
        pictures = host or stack.enter_context(picture_host(routes or {}))
        own = {**allowed_from(pictures), **({"FUNDOCR_ANONYMOUS_CIDRS": ""} if keys else {})}
        if server is not None:
            own["FUNDOCR_DATABASE_URL"] = server.new_database(upgraded=True)
        trial = stack.enter_context(Trial(home, {**own, **(settings or {})}, config))
        yield RunningService(
            trial=trial,
            host=pictures,
            server=server,
            keys=keys_of_all_roles(trial.database_url) if keys else {},
        )


def keys_of_all_roles(database_url: str) -> dict[Role, str]:
    """A new key for each role."""
    engine = open_engine(database_url)
    try:
        return {role: Keys(engine).add(f"the {role}", role) for role in Role}
    finally:
        engine.dispose()


def _home_of(process: psutil.Process) -> str | None:
    with suppress(psutil.Error):
        return process.environ().get("FUNDOCR_HOME")
    return None
