"""The archives that most of these tests look into, built once."""

from pathlib import Path

import pytest

from tests.archive.archives import archive_sh

SECRET = "a-password-of-the-operator"


@pytest.fixture(scope="session")
def secret() -> str:
    """What stood in the environment of whoever built the archives."""
    return SECRET


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store with both archives, as archive.sh builds them without being told anything."""
    folder = tmp_path_factory.mktemp("store")
    url = f"mysql+pymysql://fundocr:{SECRET}@127.0.0.1/fundocr"
    done = archive_sh("--output", folder, FUNDOCR_DATABASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    return folder
