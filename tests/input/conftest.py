"""One real service for all that is made up, and a host whose pictures may be asked for."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from db.access import Role
from db.engine import open_engine
from db.store import Store
from db.upgrade import upgrade
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost, allowed_from
from pipeline.settings import PROJECT
from tests.conftest import SAMPLES
from tests.db.sample_readings import reading
from tests.front.front_process import database_url, front_door
from tests.input.judge import TIMES, Judge
from tests.running_service import RunningService, keys_of_all_roles, running_service
from tests.shared_service import SharedService

# Other bytes than those of any other test: what is corrected here is corrected for all its links.
PICTURE = (SAMPLES / "alipay_light_rows.png").read_bytes() + b"input"
DATABASE = os.environ.get("FUNDOCR_FUZZ_DATABASE", "")
"""Under `make fuzz-input`: of a service of its own."""
REPORT = PROJECT / "var" / "fuzz-input-counts.json"
SETTINGS = {"FUNDOCR_OSS_HOSTS": "pictures.invalid", "FUNDOCR_RATE": "100000"}


def examples(count: int, **more: Any) -> settings:
    """Settings of Hypothesis for `count` examples: the same ones each time, with no database of
    failures and no time limit for one; under `make fuzz-input` more, and others each time."""
    return settings(
        max_examples=count * TIMES if TIMES > 1 else max(1, count * 2 // 3),
        derandomize=TIMES == 1,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        **more,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who may be asked, and by whom. front: the front door's address. links: of pictures that it
    has read or may read, and of hosts that it may not; none leads out of this machine."""

    service: RunningService
    front: str
    headers: dict[str, str]
    links: list[str]


def _place(service: RunningService, target: str) -> Place:
    key = service.keys[Role.ADMIN]
    return Place(
        service=service,
        front=service.url,
        headers={"Authorization": f"Bearer {key}"},
        links=_links(service.host, target),
    )


@pytest.fixture(scope="session")
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """The shared service; under `make fuzz-input` one of its own, on SQLite or on MariaDB."""
    target = "/input/good.png"
    if not DATABASE:
        shared: SharedService = request.getfixturevalue("shared")
        shared.routes[target] = PICTURE
        yield _place(shared, target)
        return
    with ExitStack() as stack:
        server = stack.enter_context(MariaDB()) if DATABASE == "mariadb" else None
        service = running_service(
            tmp_path_factory.mktemp("input"),
            routes={target: PICTURE},
            keys=True,
            server=server,
            settings=SETTINGS,
        )
        yield _place(stack.enter_context(service), target)


@pytest.fixture(scope="module")
def door(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A front door with SQLite before the same TorchServe, which keeps its rows on MariaDB: so both
    databases are asked. Its row 1 is the first of the links. Under `make fuzz-input` the service's
    own."""
    if DATABASE:
        with place.service.store() as store:
            store.save([reading(place.links[0], url_type="7min_local")])
        yield place
        return
    home = tmp_path_factory.mktemp("door")
    upgrade(database_url(home))
    engine = open_engine(database_url(home))
    Store(engine).save([reading(place.links[0], url_type="7min_local")])
    engine.dispose()
    key = keys_of_all_roles(database_url(home))[Role.ADMIN]
    address = place.service.trial.address
    options = ("--management", address.management, "--metrics", address.metrics)
    with front_door(
        address.inference,
        place.service.home,
        *options,
        **SETTINGS,
        **allowed_from(place.service.host),
        FUNDOCR_ANONYMOUS_CIDRS="",
        FUNDOCR_DATABASE_URL=database_url(home),
    ) as url:
        yield replace(place, front=url, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """Counts all that is asked; `make fuzz-input` reads its counts."""
    one = Judge()
    yield one
    if TIMES > 1 or "FUNDOCR_FUZZ" in os.environ:
        REPORT.parent.mkdir(exist_ok=True)
        counts = [[asked, status, count] for (asked, status), count in sorted(one.counts.items())]
        REPORT.write_text(json.dumps(counts, indent=0), encoding="utf-8")


def _links(host: PictureHost, target: str) -> list[str]:
    known = host.url(target)
    return [known, f"{known}?2", "http://elsewhere.invalid/a.png", "https://10.0.0.1/a.png", "x"]
