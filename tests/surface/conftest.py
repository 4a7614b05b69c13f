"""nginx with the shipped configuration, before a server that only writes down what reaches it."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.surface.nginx import Nginx, nginx
from tests.surface.recorder import Recorder, Seen, recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. headers: by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def error(self) -> tuple[int, str]:
        """Status and code of an error in our form."""
        content = json.loads(self.body)
        assert set(content) == {"error", "code", "request_id"}
        assert re.fullmatch(r"[^\n]+\.", content["error"])
        assert self.headers["content-type"] == "application/json; charset=utf-8"
        assert self.headers["x-request-id"] == content["request_id"]
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["strict-transport-security"] == "max-age=31536000"
        return self.status, content["code"]


@dataclass(slots=True, kw_only=True)
class Behind:
    """nginx and what stands behind it."""

    nginx: Nginx
    recorder: Recorder
    _read: int = field(default=0)

    def ask(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """One request on a connection of its own; target: as it is sent."""
        talk = http.client.HTTPSConnection(
            "localhost",
            self.nginx.port,
            timeout=60,
            context=self.nginx.context(),
            source_address=(source, 0),
        )
        try:
            talk.request(method, target, body, headers or {})
            got = talk.getresponse()
            named = {name.lower(): value for name, value in got.getheaders()}
            return Answer(status=got.status, headers=named, body=got.read())
        finally:
            talk.close()

    def reached(self) -> list[Seen]:
        """What has reached the server since this was asked last."""
        seen = self.recorder.seen[self._read :]
        self._read += len(seen)
        return seen


@pytest.fixture(scope="session")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """As it is shipped."""
    folder = tmp_path_factory.mktemp("nginx")
    with recorder() as behind_it, nginx(folder, behind_it.url) as running:
        yield Behind(nginx=running, recorder=behind_it)


@pytest.fixture
def changed(tmp_path: Any) -> Callable[[dict[str, str], str], Any]:
    """`with changed({old: new}, url) as nginx`: with some of its text replaced."""
    return lambda changes, url: nginx(tmp_path / "nginx", url, changes)
