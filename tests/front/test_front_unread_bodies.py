"""A body that nobody asked for is not kept: without a key, 100 MB would stand in memory."""

import re

import pytest
import requests
from sanic.request import Request

from tests.front.app_routes import routes
from tests.front.in_process import lone_front_in_process

BODY = bytes(2_000_000)
READS_A_BODY_IN_PARTS = re.compile(
    r"/(?:login|upload|ocr_handler|ocr_info_update|ocr_batch|predictions/.*|review/.*)"
)
"""Routes of POST whose handlers read as much as they may, once they know who asks."""


def test_no_route_keeps_a_body_for_its_handler(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    true_receive = Request.receive_body

    async def receive_body(self: Request) -> None:
        kept.append(f"{self.method} {self.path}")
        await true_receive(self)

    monkeypatch.setattr(Request, "receive_body", receive_body)
    asked = []
    with lone_front_in_process(tmp_path_factory.mktemp("front")) as url:
        for method, uri in routes():
            path = "/" + re.sub("<[^>]*row>", "1", uri).lstrip("/")
            path = re.sub("<[^>]*>", "x", path)
            asked.append((method, path))
            answer = requests.request(
                method, url + path, data=BODY, timeout=30, allow_redirects=False
            )
            assert answer.status_code < 500 or answer.status_code == 503, (method, path)
        assert len(asked) > 30
    posts = [path for method, path in asked if method == "POST"]
    assert kept == []
    assert [path for path in posts if not READS_A_BODY_IN_PARTS.fullmatch(path)] == ["/logout"]
