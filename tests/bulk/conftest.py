"""What all backfills of these tests share: a home with compiled models, and pictures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.pictures import Pictures
from tests.mariadb import MariaDB
from tests.picture_host import PictureHost, picture_host


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bulk")


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
