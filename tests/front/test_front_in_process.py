"""What callers and reviewers ask for most, in seconds: no TorchServe, no process of its own.

test_front_requests.py asks the same of a whole service, and tests/pages does by a browser.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_urlsafe

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from db.rows import Row
from db.store import Store
from tests.db.sample_readings import as_row, reading
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process
from tests.front.test_front_batches import hand_in, worked_off


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Every caller needs a key."""

    url: str
    store: Store
    keys: Keys

    def key(self, role: Role) -> dict[str, str]:
        """The header of a new key."""
        return {"Authorization": f"Bearer {self.keys.add(token_urlsafe(8), role)}"}

    def read(self) -> Row:
        """A row that some TorchServe would have written, of a link that no other test asks for."""
        link = f"https://pictures.example.com/{token_urlsafe(8)}.png"
        return as_row(self.store.save([reading(link)])[0])

    def ask(self, link: str, role: Role = Role.CALLER) -> requests.Response:
        body = {"image_url": link, "url_type": "oss"}
        return requests.post(
            f"{self.url}/ocr_handler", json=body, headers=self.key(role), timeout=30
        )


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    home = tmp_path_factory.mktemp("front")
    with lone_front_in_process(home, FUNDOCR_ANONYMOUS_CIDRS="") as url:
        engine = open_engine(database_url(home))
        yield Front(url=url, store=Store(engine), keys=Keys(engine))
        engine.dispose()


@pytest.fixture
def reviewer(front: Front) -> Iterator[requests.Session]:
    """Logged in with a key, as the log-in page does it."""
    key = front.keys.add(token_urlsafe(8), Role.CORRECTOR)
    with requests.Session() as session:
        session.headers["Origin"] = front.url
        data = {"key": key}
        answer = session.post(f"{front.url}/login", data, allow_redirects=False, timeout=30)
        assert answer.status_code == 303
        yield session


def test_a_known_link_is_answered_from_the_table(front: Front) -> None:
    row = front.read()
    answer = front.ask(row.image_url)
    assert answer.status_code == 200
    assert answer.json()["flag"] is True
    assert answer.json()["data"] == {"fund_code": "011608", "hold_share": "1234.56"}
    assert answer.json()["detail"]["source"] == "stored"
    assert answer.json()["detail"]["request_id"] == answer.headers["X-Request-Id"]


def test_a_result_is_told_by_link_and_by_id(front: Front) -> None:
    row = front.read()
    headers = front.key(Role.CALLER)
    for query in ({"id": str(row.id)}, {"image_url": row.image_url}):
        answer = requests.get(f"{front.url}/results", query, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["detail"]["id"]) == (200, row.id)


def test_a_correction_of_a_reviewer_is_what_callers_are_told_from_then_on(
    front: Front, reviewer: requests.Session
) -> None:
    row = front.read()
    asked = {"row_version": 1, "fund_code": "000934", "hold_share": "5600.00", "note": "看图"}
    answer = reviewer.post(f"{front.url}/review/{row.id}/correct", json=asked, timeout=30)
    assert answer.status_code == 200
    told = front.ask(row.image_url).json()
    assert told["data"] == {"fund_code": "000934", "hold_share": "5600.00"}
    assert (told["detail"]["source"], told["detail"]["row_version"]) == ("corrected", 2)
    late = asked | {"hold_share": "1"}
    answer = reviewer.post(f"{front.url}/review/{row.id}/correct", json=late, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (412, "ROW_CHANGED")


def test_pages_show_a_reviewer_his_queue_and_lead_others_to_the_log_in(
    front: Front, reviewer: requests.Session
) -> None:
    row = front.read()
    page = {"Accept": "text/html"}
    for path in ("/review?state=all", f"/review/{row.id}"):
        shown = reviewer.get(front.url + path, headers=page, timeout=30)
        assert (shown.status_code, f"#{row.id}" in shown.text) == (200, True)
        led = requests.get(front.url + path, headers=page, allow_redirects=False, timeout=30)
        assert led.status_code == 303
        assert led.headers["Location"].startswith("/login?next=/review")


def test_a_batch_of_known_links_is_worked_off(front: Front) -> None:
    items = [{"image_url": front.read().image_url, "url_type": "oss"} for _ in range(3)]
    headers = front.key(Role.CALLER)
    done = worked_off(front.url, hand_in(front.url, items, headers), headers)
    assert [item["state"] for item in done["items"]] == ["done"] * 3


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "status", "code"),
    [
        (None, "POST", "/ocr_handler", b"{}", 401, "NO_KEY"),
        (Role.CALLER, "POST", "/ocr_handler", b"{", 400, "NOT_JSON"),
        (Role.CALLER, "POST", "/ocr_handler", b"{}", 400, "MISSING_FIELD"),
        (Role.CALLER, "GET", "/ocr_handler", b"", 405, "WRONG_METHOD"),
        (Role.CALLER, "GET", "/results?id=x", b"", 400, "BAD_QUERY"),
        (Role.CORRECTOR, "GET", "/review?state=gone", b"", 400, "BAD_QUERY"),
        (Role.CORRECTOR, "GET", "/export.csv?reson=NO_CODE", b"", 400, "BAD_QUERY"),
        (Role.CORRECTOR, "GET", "/export.xlsx?since=2026", b"", 400, "BAD_QUERY"),
        (Role.CALLER, "GET", "/results?id=999999", b"", 404, "UNKNOWN_IMAGE"),
        (Role.CALLER, "POST", "/ocr_info_update", b"{}", 403, "ROLE_TOO_LOW"),
        (Role.CORRECTOR, "POST", "/ocr_info_update", b"[]", 400, "NOT_JSON"),
        (Role.CALLER, "GET", "/models", b"", 404, "NO_SUCH_PATH"),
    ],
)
def test_a_refusal_has_its_code(
    front: Front, role: Role | None, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    headers = front.key(role) if role else {}
    answer = requests.request(method, front.url + path, data=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    told = {"detail"} if code == "NOT_JSON" else set()
    assert set(answer.json()) == {"error", "code", "request_id"} | told


def test_what_has_to_be_read_waits_for_torchserve(front: Front) -> None:
    answer = front.ask("https://pictures.example.com/new.png")
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_BUSY")
    ready = requests.get(f"{front.url}/readyz", timeout=30)
    assert ready.json()["missing"] == ["ocr_handler", "ocr_info_update"]
