"""What all backfills of these tests share: a home with compiled models, pictures, a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost, picture_host
from tests.bulk.nodes import Nodes, two_nodes
from tests.faults.pictures import Pictures
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
