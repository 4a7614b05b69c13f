"""One service whose versions are changed."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from cli.failure import Failure
from cli.service.torchserve import TorchServe
from db.engine import open_engine
from db.store import Store
from front.torchserve import read_properties
from tests.management import broken_archives as broken
from tests.management.callers import PICTURE, SHOWN, Told, correctors
from tests.management.operator_api import Operator
from tests.picture_host import Behaviour, PictureHost, picture_host
from tests.serve.archives import OCR, STORE, UPDATE, store_with
from tests.serve.service_process import Place, started
from tests.trial import Trial

OTHERS = ("2.0", "3.0")
"""Versions whose archives lie outside the model store: sound, and 1.0 under other names."""
READER, CORRECTOR = "ocr_handler", "ocr_info_update"
"""The models. Both are deployed by the same code; the corrector loads in a third of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A service, its model store, a folder of archives that are not in it, and a picture host whose
    routes may be added to."""

    trial: Trial
    place: Place
    store: Path
    outside: Path
    host: PictureHost
    routes: dict[str, bytes | Behaviour] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.trial.home

    @property
    def operator(self) -> Operator:
        return Operator(
            management=self.trial.address.management,
            authorization=lambda: self.trial.authorization("management"),
        )

    def fundocr(
        self, *arguments: str | Path, program: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        words = [str(one) for one in arguments]
        if program:
            return self.place.fundocr(*words, program=program, seconds=300)
        return self.place.fundocr(*words, seconds=300)

    def other(self, version: str = "2.0", model: str = READER) -> Path:
        """The archive of another version, outside the model store."""
        return self.outside / f"{model}-{version}.mar"

    def default(self, model: str = READER) -> str:
        return self.operator.default_version(model)

    def registered(self, model: str = READER) -> list[str]:
        return sorted(self.operator.describe(model))

    def chosen(self, model: str = READER) -> list[str]:
        """The versions that config.properties chooses."""
        return sorted(choice_of(self.trial)[model])

    def doctor(self) -> list[str]:
        """What `fundocr doctor` would say of versions: nothing, or a line for each difference."""
        from cli.versions.differences import versions

        try:
            versions(TorchServe(self.home))
        except Failure as failure:
            return str(failure).splitlines()
        return []


@contextmanager
def opened_shop(
    folder: Path, home: Path | None = None, store: Path | None = None, **settings: str
) -> Iterator[Shop]:
    """A shop in a folder; home, store: folders that are there already."""
    outside = folder / "outside"
    outside.mkdir()
    for version in OTHERS:
        broken.version_of(STORE / OCR, outside / f"{READER}-{version}.mar", version)
        broken.version_of(STORE / UPDATE, outside / f"{CORRECTOR}-{version}.mar", version)
    routes: dict[str, bytes | Behaviour] = {"/a.png": PICTURE}
    with picture_host(routes) as host:
        own = {
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_THREADS": "1",
            **settings,
        }
        archives = store_with(store or folder / "store")
        trial = Trial(home or folder / "home", own, {"model_store": str(archives)})
        with started(trial):
            yield Shop(
                trial=trial,
                place=Place.of(trial, **own),
                store=archives,
                outside=outside,
                host=host,
                routes=routes,
            )


def choice_of(trial: Trial) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """`models` of the service's config.properties."""
    return dict(json.loads(read_properties(trial.home / "config.properties")["models"]))


@contextmanager
def rows_of(shop: Shop) -> Iterator[Store]:
    """The rows of the service's own database."""
    engine = open_engine(shop.trial.database_url)
    try:
        yield Store(engine)
    finally:
        engine.dispose()


def read_once(shop: Shop, name: str, path: str = "/a.png") -> str:
    """A link that the service has read; the picture shows SHOWN."""
    link = shop.host.url(f"{path}?{name}")
    asked = {"image_url": link, "url_type": "7min_local", "refresh": True}
    answer = requests.post(f"{shop.trial.front}/ocr_handler", json=asked, timeout=120)
    assert answer.json()["data"] == SHOWN
    return link


@contextmanager
def corrected(shop: Shop, *names: str) -> Iterator[Told]:
    """Inside the block somebody corrects the links of these names again and again; afterwards
    nobody has ever judged them."""
    links = [read_once(shop, name) for name in names]
    with correctors(shop.trial.front, links) as told:
        yield told
    assert told.right > 0
    with rows_of(shop) as store:
        for link in links:
            store.forget(link)


def counts_of(shop: Shop) -> tuple[int, int]:
    """Rows, and lines of history."""
    from tests.db.sample_readings import rows_of as asked

    ((rows,),) = asked(shop.trial.database_url, "SELECT COUNT(*) FROM ocr_result")
    ((lines,),) = asked(shop.trial.database_url, "SELECT COUNT(*) FROM ocr_history")
    return int(rows), int(lines)
