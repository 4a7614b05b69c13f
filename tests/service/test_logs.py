"""What may be a signature, the query string of a link, stands in no log, whatever happens to it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.picture_host import PictureHost, allowed_from, hangs_up, picture_host, status
from tests.service.rest import SAMPLES, correction, link, post
from tests.trial import Trial

SECRET = "Signature=kept-to-ourselves-4711"
ROUTES = {
    "/good.png": (SAMPLES / "alipay_light_rows.png").read_bytes(),
    "/gone.png": status(404),
    "/hangs-up.png": hangs_up,
    "/page.html": b"<html>no picture</html>",
}


@pytest.fixture
def host() -> Iterator[PictureHost]:
    with picture_host(ROUTES) as host:
        yield host


def test_no_query_string_of_a_link_is_in_any_log(host: PictureHost, tmp_path: Path) -> None:
    links = [host.url(f"{path}?{SECRET}") for path in ROUTES]
    links += [f"http://elsewhere.invalid/a.png?{SECRET}", f"http://user@host/a.png?{SECRET}"]
    with Trial(tmp_path, allowed_from(host)) as service:

        def front(path: str, body: object) -> requests.Response:
            return requests.post(f"{service.front}{path}", json=body, timeout=120)

        asked: list[Callable[[], requests.Response]] = []
        for url in links:
            for body in (link(url), link(url, refresh=True), link(url, dry_run=True)):
                asked += [lambda b=body: post(service, b), lambda b=body: front("/ocr_handler", b)]
            asked += [
                lambda u=url: post(service, correction(u), model="ocr_info_update"),
                lambda u=url: front("/ocr_info_update", correction(u, code="no code")),
                lambda u=url: requests.get(
                    f"{service.front}/results", params={"image_url": u}, timeout=60
                ),
            ]
        statuses = [ask().status_code for ask in asked]
        ids = [json.loads(post(service, link(links[0])).text)["detail"]["request_id"]]
    logs = {
        file.name: file.read_text(encoding="utf-8", errors="replace")
        for file in (tmp_path / "var" / "log").rglob("*")
        if file.is_file()
    }

    assert {200, 400, 403, 502} <= set(statuses), "all of it went as it was meant to"
    assert any(ids[0] in text for text in logs.values()), "these are the logs"
    assert [name for name, text in logs.items() if "kept-to-ourselves" in text] == []
