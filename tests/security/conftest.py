"""A front door with one row, where nobody gets in without a key, and everybody who has one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from db.access import Role
from db.engine import open_engine
from db.store import Store
from tests.db.sample_readings import reading
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process
from tests.running_service import keys_of_all_roles
from tests.security.table import LINK


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """keys: of each role. cookies: of a session of each role."""

    url: str
    home: Path
    keys: dict[Role, str]
    cookies: dict[Role, dict[str, str]]

    def ask(self, method: str, target: str, **options: Any) -> requests.Response:
        """One request, by nobody's session; it follows no redirect."""
        return requests.request(
            method, self.url + target, allow_redirects=False, timeout=60, **options
        )

    def bearer(self, role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[role]}"}


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """No TorchServe stands behind it, and no picture can be fetched: who may ask is told that."""
    home = tmp_path_factory.mktemp("door")
    settings = {
        "FUNDOCR_ANONYMOUS_CIDRS": "",
        "FUNDOCR_OSS_HOSTS": "pictures.invalid",
        "FUNDOCR_PROXY_CIDRS": "127.0.0.1/32",
    }
    with lone_front_in_process(home, **settings) as url:
        engine = open_engine(database_url(home))
        Store(engine).save([reading(LINK)])
        engine.dispose()
        keys = keys_of_all_roles(database_url(home))
        yield Door(
            url=url,
            home=home,
            keys=keys,
            cookies={role: _log_in(url, key) for role, key in keys.items()},
        )


def _log_in(url: str, key: str) -> dict[str, str]:
    answer = requests.post(f"{url}/login", data={"key": key}, allow_redirects=False, timeout=30)
    assert answer.status_code == 303
    return dict(answer.cookies)


@pytest.fixture
def state(door: Door) -> Callable[[], list[Any]]:
    """What the tables hold that requests can change."""

    def read() -> list[Any]:
        from tests.db.sample_readings import rows_of

        queries = (
            "SELECT * FROM ocr_result",
            "SELECT * FROM ocr_history",
            "SELECT * FROM ocr_batch",
        )
        return [rows_of(database_url(door.home), query) for query in queries]

    return read
