"""One whole service with its own MariaDB and hosts of pictures, watched by Debian's Prometheus."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from db.engine import open_engine
from db.keys import Keys, Role
from db.rows import Row
from db.store import Store
from tests.conftest import SAMPLES
from tests.eyes.prometheus import Prometheus, prometheus
from tests.mariadb import MariaDB
from tests.picture_host import PictureHost, allowed_from, never_answers, picture_host, status
from tests.serve.waiting import wait_until
from tests.trial import Trial

SURE = (SAMPLES / "alipay_light_rows.png").read_bytes()
REFUSED = (SAMPLES / "danjuan_light_no_code.png").read_bytes()


def blank(number: int) -> bytes:
    """A small picture that shows nothing, and differs from the others."""
    image = Image.new("RGB", (64, 64), (255, 255, 255 - number))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(slots=True, kw_only=True)
class Watched:
    """keys: of each role."""

    trial: Trial
    host: PictureHost
    server: MariaDB
    database_url: str
    keys: dict[Role, str]
    eyes: Prometheus

    def front(self, method: str, path: str, role: Role, **options: Any) -> requests.Response:
        own = {"Authorization": f"Bearer {self.keys[role]}", **options.pop("headers", {})}
        url = self.trial.front + path
        return requests.request(method, url, headers=own, timeout=120, **options)

    def ask(self, target: str, **more: Any) -> requests.Response:
        """A picture of the host by its link."""
        headers = more.pop("headers", {})
        body = {"image_url": self.host.url(target), "url_type": "7min_local", **more}
        return self.front("POST", "/ocr_handler", Role.CALLER, json=body, headers=headers)

    def torchserve(self, model: str, body: Any, **headers: str) -> requests.Response:
        own = {**self.trial.authorization(), "Content-Type": "application/json", **headers}
        url = f"{self.trial.address.inference}/predictions/{model}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.post(url, data=data, headers=own, timeout=120)

    def metrics(self, name: str) -> dict[tuple[tuple[str, str], ...], float]:
        """The samples of this name by their labels, as the front door tells them now."""
        answer = self.front("GET", "/metrics", Role.MONITOR)
        assert answer.status_code == 200, answer.text
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == name
        }

    def wait_for_scrapes(self, count: int = 2) -> None:
        """Return when Prometheus has looked so many times more."""
        query = 'count_over_time(up{job="fundocr"}[1h])'
        (before,) = self.eyes.samples(query).values() or (0,)
        wait_until(lambda: sum(self.eyes.samples(query).values()) >= before + count)

    def log(self, name: str) -> list[dict[str, Any]]:
        """The JSON lines of one of our logs."""
        text = (self.trial.home / "var" / "log" / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def row(self, url: str) -> Row:
        engine = open_engine(self.database_url)
        try:
            return Store(engine).get(identity=url)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    routes = {
        **{f"/sure-{n}.png": SURE + bytes([n]) for n in range(40)},
        **{f"/refused-{n}.png": REFUSED + bytes([n]) for n in range(8)},
        **{f"/blank-{n}.png": blank(n) for n in range(120)},
        "/again.png": SURE + bytes([0]),
        "/page.html": b"<html>no picture</html>",
        "/gone.png": status(404),
        "/silent.png": never_answers,
    }
    with MariaDB() as server, picture_host(routes) as host:
        url = server.new_database(upgraded=True)
        settings = {
            **allowed_from(host),
            "FUNDOCR_ANONYMOUS_CIDRS": "",
            "FUNDOCR_DATABASE_URL": url,
            "FUNDOCR_OSS_HOSTS": "pictures.invalid,*.wild.invalid",
            "FUNDOCR_FETCH_SECONDS": "3",
        }
        home, folder = tmp_path_factory.mktemp("watched"), tmp_path_factory.mktemp("prometheus")
        with Trial(home, settings) as trial:
            engine = open_engine(url)
            keys = {role: Keys(engine).add(f"the {role}", role) for role in Role}
            engine.dispose()
            with prometheus(Path(folder), trial.front, keys[Role.MONITOR]) as eyes:
                yield Watched(
                    trial=trial,
                    host=host,
                    server=server,
                    database_url=url,
                    keys=keys,
                    eyes=eyes,
                )
