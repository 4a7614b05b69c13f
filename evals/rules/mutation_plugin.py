"""A pytest plugin: what the test runs of all mutants share, and the order of their tests.

evals/rules/mutation_core.py starts one MariaDB server and keeps it; the tests' `mariadb` fixture is
that server here, and each run has databases with names of its own, which it drops. Tests that hurt
a server start their own. mutmut gives a run its tests in no order, and some modules are stories.
"""

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from evals.testbed.mariadb import MariaDB

SERVER_FILE = "MUTATION_SERVER"
"""The variable with the path of the file that describes the server."""
FILES = "MUTATION_FILES"
"""The variable with the files of the tests in their order, those that fail fast first."""
_OWN = {"_process", "folder"}
"""What only the process that started the server needs."""
_shared: list[MariaDB] = []


def describe(server: MariaDB, file: Path) -> None:
    """Write down what other processes need of a running server."""
    known = {name: value for name, value in vars(server).items() if name not in _OWN}
    file.write_text(json.dumps(known), encoding="utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> MariaDB | None:
    """Take the server that runs, in place of one of this run's own."""
    if fixturedef.argname != "mariadb" or SERVER_FILE not in os.environ:
        return None
    server = MariaDB.__new__(MariaDB)
    vars(server).update(json.loads(Path(os.environ[SERVER_FILE]).read_text(encoding="utf-8")))
    server._databases = _first()
    _shared.append(server)
    fixturedef.cached_result = (server, fixturedef.cache_key(request), None)
    return server


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """File by file, each as it is written."""
    files = os.environ[FILES].split(os.pathsep)
    items.sort(key=lambda item: (files.index(item.location[0]), item.location[1] or 0))


def pytest_collection_finish(session: pytest.Session) -> None:
    """The process that all runs are forked from makes the tables that each of them copies."""
    if session.config.option.collectonly and find_spec("tests.db.migrated"):
        with TemporaryDirectory() as folder:
            import_module("tests.db.migrated").sqlite_with_tables(Path(folder) / "rows.db")


def pytest_unconfigure() -> None:
    """Drop this run's databases: those of all mutants together would fill the memory."""
    for server in _shared:
        for number in range(_first() + 1, server._databases + 1):
            server.execute(f"DROP DATABASE IF EXISTS tests_{number}")
    _shared.clear()


def _first() -> int:
    return os.getpid() * 1000
