"""What all backfills of these tests share: a home with compiled models, pictures, a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline.open
from ocr.models import Models
from pipeline.decide import Decider
from pipeline.meters import Meters
from pipeline.open_reader import open_decider
from pipeline.settings import Settings
from tests.bulk.nodes import Nodes, two_nodes
from tests.faults.pictures import Pictures
from tests.mariadb import MariaDB
from tests.picture_host import PictureHost, picture_host
from tests.trial import share_compiled


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bulk")
    share_compiled(folder)
    return folder


@pytest.fixture(scope="session")
def strips() -> Pictures:
    """Pictures that are quick to read, any number of them."""
    return Pictures()


@pytest.fixture
def host(strips: Pictures) -> Iterator[PictureHost]:
    with picture_host(strips) as host:
        yield host


@pytest.fixture
def database_url(mariadb: MariaDB) -> str:
    return mariadb.new_database(upgraded=True)


@pytest.fixture(scope="package")
def cluster() -> Iterator[Nodes]:
    """A Ray cluster of two machines, which tests may kill one of. (It is never quite idle.)"""
    with two_nodes(cpus=1) as nodes:
        yield nodes


@pytest.fixture
def nodes(cluster: Nodes) -> Nodes:
    """The same with both of its machines."""
    cluster.complete()
    return cluster


_deciders: dict[tuple[object, ...], Decider] = {}


@pytest.fixture(autouse=True)
def models_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backfills in this process read with the same models, as one that goes on for long does; each
    would load them for 2 s. Those in processes of their own load theirs.
    """

    def opened(settings: Settings, models: Models, meters: Meters) -> Decider:
        key = (models.version, settings.engine, settings.threads, settings.rules)
        if key not in _deciders:
            _deciders[key] = open_decider(settings, models, meters)
        return _deciders[key]

    monkeypatch.setattr(pipeline.open, "open_decider", opened)
