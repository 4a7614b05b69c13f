"""The shared service with pictures for these tests (`seen`), watched by Debian's Prometheus
(`watched`)."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from db.access import Role
from tests.eyes.prometheus import Prometheus, prometheus
from tests.eyes.sights import ROUTES
from tests.serve.waiting import wait_until
from tests.shared_service import SharedService


@pytest.fixture(scope="session")
def seen(shared: SharedService) -> SharedService:
    shared.routes.update(ROUTES)
    return shared


def correct(service: SharedService, target: str, *, by: str = "") -> requests.Response:
    """A correction of the picture behind one of the host's links; by a version of the model, where
    one is named (`/1.0`), else by the front door itself."""
    correction = {
        "image_url": service.host.url(target),
        "update_fund_code": "011608",
        "update_hold_share": "2",
    }
    path = f"/predictions/ocr_info_update{by}" if by else "/ocr_info_update"
    return service.front("POST", path, Role.CORRECTOR, json=correction)


def known(service: SharedService, first: int) -> None:
    """A little of everything that works, with pictures that were never read."""
    for number in range(first, first + 3):
        assert service.ask(f"/eyes/sure-{number}.png").json()["flag"] is True
    for _ in range(2):
        told = service.ask(f"/eyes/sure-{first}.png").json()
        assert told["detail"]["source"] == "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The service, and what watches it; up, rang: what that has told of quiet minutes."""

    service: SharedService
    eyes: Prometheus
    up: dict[str, list[float]]
    rang: set[str]

    def rings(self) -> set[str]:
        return _rings(self.eyes)

    def wait_for_scrapes(self, count: int = 2) -> None:
        """Return when Prometheus has looked so many times more."""
        _wait_for_scrapes(self.eyes, count)


def _rings(eyes: Prometheus) -> set[str]:
    return {one["labels"]["alertname"] for one in eyes.firing()}


def _wait_for_scrapes(eyes: Prometheus, count: int) -> None:
    query = 'count_over_time(up{job="fundocr"}[1h])'
    (before,) = eyes.samples(query).values() or (0,)
    wait_until(lambda: sum(eyes.samples(query).values()) >= before + count)


@pytest.fixture(scope="module")
def watched(seen: SharedService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Here it has lived through quiet minutes: a little of everything, of errors too."""
    folder = tmp_path_factory.mktemp("prometheus")
    with prometheus(folder, seen.url, seen.keys[Role.MONITOR]) as eyes:
        _wait_for_scrapes(eyes, 2)
        known(seen, 20)
        seen.ask("/eyes/refused-4.png")
        seen.ask("/eyes/gone.png")
        assert correct(seen, "/eyes/sure-20.png").status_code == 200
        _wait_for_scrapes(eyes, 3)
        up = {
            name: list(eyes.samples(name).values())
            for name in ("fundocr_up", "fundocr_torchserve_up")
        }
        yield Watched(service=seen, eyes=eyes, up=up, rang=_rings(eyes))
