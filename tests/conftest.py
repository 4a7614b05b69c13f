"""Real parts that many tests share; each is started once, on free ports and in a private folder."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost, allowed_from, picture_host
from pipeline.settings import PROJECT
from serving import ports
from tests.slowest_files import pytest_terminal_summary
from tests.trial import Trial

__all__ = ["pytest_terminal_summary"]

# With it jsonschema would make a parser of addresses, for a second in each process that tests; no
# schema of ours asks for one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# How long an example takes says nothing: other tests run beside it.
hypothesis.settings.register_profile("fundocr", deadline=None)
hypothesis.settings.load_profile("fundocr")

# Processes that test side by side never choose the same port: between choosing one and listening on
# it some seconds pass.
if (worker := os.environ.get("PYTEST_XDIST_WORKER", "")).startswith("gw"):
    ports._OWN_PORTS = ports._OWN_PORTS[int(worker[2:]) :: 8]

SAMPLES = PROJECT / "samples"
# Folders, and modules by themselves, that share what is costly to start: each of these groups stays
# in one process.
TOGETHER = (
    {"management"},
    {"ocr", "test_engines_on_screens.py"},  # readers, and what they have read of the samples
    {"bulk", "front", "pages", "test_doctor.py", "test_start_failures.py"},  # `trial`
    {"docs", "eyes", "input", "security", "service", "surface"},  # tests/shared_service.py
    {"screens"},
)
# These take longest: begun last, one process would still be at them when the others have ended.
FIRST = (
    *("management", "bulk", "docs", "ocr", "pages", "faults", "serve"),
    *("accuracy", "eyes", "front", "cli", "archive"),
)


# Folders whose tests read pictures in their own process, see opened_once.py.
READ_HERE = {"accuracy", "bulk", "cli", "image", "pipeline"}


class Rooms(LoadScopeScheduling):
    """`make test` shares the tests among processes: each module stays in one of them, and so do the
    modules that share one costly thing. (pytest-xdist 3.8 finds no groups under pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        place = {Path(file).parent.name, Path(file).name}
        return next((min(group) for group in TOGETHER if place & group), file)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, unless somebody asks for another order."""
    if not config.getoption("random_order_enabled", False):
        items.sort(key=lambda item: _rank(item.path.parent.name))


def _rank(folder: str) -> int:
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Rooms:
    return Rooms(config, log)


@pytest.fixture(scope="session", autouse=True)
def readers_opened_once(request: pytest.FixtureRequest) -> Iterator[None]:
    if READ_HERE.isdisjoint(item.path.parent.name for item in request.session.items):
        yield
        return
    from tests.opened_once import opened_once

    with opened_once():
        yield


@pytest.fixture(scope="session")
def truth() -> dict[str, dict[str, str]]:
    """What the bundled samples show."""
    return dict(json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def pictures(truth: dict[str, dict[str, str]]) -> Iterator[PictureHost]:
    """A web server on loopback with the bundled samples."""
    from tests.eyes.sights import blank

    routes = {f"/{name}": (SAMPLES / name).read_bytes() for name in truth}
    # A correction goes with its picture to every other link: tests that correct take these, whose
    # bytes no other test asks for.
    uncoded = routes["/danjuan_light_no_code.png"]
    routes |= {f"/to-correct-{n}.png": uncoded + bytes([n]) for n in range(4)}
    routes["/blank.png"] = blank(0)
    with picture_host(routes) as host:
        yield host


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A MariaDB server that only reads and writes; tests that hurt a server start their own."""
    with MariaDB() as server:
        yield server


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory, pictures: PictureHost) -> Iterator[Trial]:
    """The whole service on SQLite, shared by all tests that leave it as they found it."""
    with Trial(tmp_path_factory.mktemp("trial"), allowed_from(pictures)) as running:
        yield running
