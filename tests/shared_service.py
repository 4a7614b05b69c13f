"""One whole service for all tests that can live with its settings: it starts once in a process.

tests/shared_service_fixtures.py hands it out. Keys are asked for, except of FRIEND; proxies of this
machine are believed; it has a MariaDB of its own, which tests may stop, and a model store of its
own, which they may add to. Whoever hurts it leaves it READY. Nobody counts on being alone: links,
keys and what is counted are a test's own, or a difference.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from db.access import Keys, Role
from db.engine import open_engine
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import Behaviour, PictureHost, picture_host
from pipeline.settings import PROJECT
from tests.running_service import RunningService, running_service

FRIEND = "127.0.0.2"
"""An address of this machine from which no key is asked for, on the pages neither."""
UNREACHABLE = "pictures.invalid"
"""A host that `oss` may fetch from, and never can; so are those below `wild.invalid`."""
FETCH_SECONDS = 3


@dataclass(slots=True, kw_only=True)
class SharedService(RunningService):
    """routes: of its host of pictures; tests add theirs, each below a folder of its own.
    model_store: its own."""

    routes: dict[str, bytes | Behaviour] = field(default_factory=dict)
    model_store: Path

    @property
    def mariadb(self) -> MariaDB:
        assert self.server is not None
        return self.server

    def new_key(self, name: str, role: Role) -> str:
        engine = open_engine(self.database_url)
        try:
            return Keys(engine).add(name, role)
        finally:
            engine.dispose()


@contextmanager
def opened_shared(folder: Path, pictures: PictureHost) -> Iterator[SharedService]:
    """Running. pictures: a host beside its own that `7min_local` may fetch from too."""
    routes: dict[str, bytes | Behaviour] = {}
    store = folder / "store"
    store.mkdir()
    for name in ("ocr_handler.mar", "ocr_info_update.mar"):
        shutil.copy(PROJECT / "model_store" / name, store)
    with MariaDB() as server, picture_host(routes) as host:
        settings = {
            "FUNDOCR_ANONYMOUS_CIDRS": f"{FRIEND}/32",
            "FUNDOCR_ANONYMOUS_PAGES": "1",
            "FUNDOCR_PROXY_CIDRS": "127.0.0.1/32",
            "FUNDOCR_LOCAL_HOSTS": f"{host.authority},{pictures.authority}",
            # 127.0.0.1 is listed, and all the same no address that `oss` may fetch from.
            "FUNDOCR_OSS_HOSTS": f"{UNREACHABLE},*.wild.invalid,127.0.0.1",
            "FUNDOCR_FETCH_SECONDS": str(FETCH_SECONDS),
            "FUNDOCR_RATE": "100000",
        }
        with running_service(
            folder / "home",
            host=host,
            keys=True,
            server=server,
            settings=settings,
            config={"model_store": str(store)},
        ) as running:
            yield SharedService(
                trial=running.trial,
                host=host,
                keys=running.keys,
                server=server,
                routes=routes,
                model_store=store,
            )
