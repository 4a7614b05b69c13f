"""Who may call which route, and how each is asked. What is missing here fails a test."""

from dataclasses import dataclass
from typing import Any

from db.access import Role

LINK = "https://pictures.example.com/a.png"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """role: the lowest that may; None: everybody. target: an address of it that exists. page: a
    browser that may not is led to the log-in. body: JSON; None: none is sent."""

    role: Role | None
    target: str
    page: bool = False
    body: Any = None

    def headers(self) -> dict[str, str]:
        return {} if self.body is None else {"Content-Type": JSON}


_CALLER, _CORRECTOR = Role.CALLER, Role.CORRECTOR
_ASKED = {"image_url": LINK, "url_type": "oss"}
_CORRECTION = {"image_url": LINK, "update_fund_code": "011608", "update_hold_share": "1"}
_VERSION = {"row_version": 1}


def _open(target: str, **more: Any) -> Route:
    return Route(role=None, target=target, **more)


def _page(target: str) -> Route:
    return Route(role=_CORRECTOR, target=target, page=True)


def _act(name: str, **fields: Any) -> Route:
    return Route(role=_CORRECTOR, target=f"/review/{name}", body=_VERSION | fields)


TABLE: dict[tuple[str, str], Route] = {
    ("GET", "/healthz"): _open("/healthz"),
    ("HEAD", "/healthz"): _open("/healthz"),
    ("GET", "/readyz"): _open("/readyz"),
    ("HEAD", "/readyz"): _open("/readyz"),
    ("GET", "/ping"): _open("/ping"),
    ("HEAD", "/ping"): _open("/ping"),
    ("GET", "/metrics"): Route(role=Role.MONITOR, target="/metrics", page=True),
    ("GET", "/openapi.json"): _open("/openapi.json"),
    ("GET", "/docs"): _open("/docs"),
    ("GET", "/"): _open("/"),
    ("GET", "/static/<name:path>"): _open("/static/pages.css"),
    ("HEAD", "/static/<name:path>"): _open("/static/pages.css"),
    ("GET", "/login"): _open("/login"),
    ("POST", "/login"): _open("/login", body={}),
    ("POST", "/logout"): _open("/logout", body={}),
    **{
        (method, path): Route(
            role=_CALLER, target=path.replace("<version:str>", "1.0"), body=_ASKED
        )
        for path in (
            "/ocr_handler",
            "/predictions/ocr_handler",
            "/predictions/ocr_handler/<version:str>",
        )
        for method in ("POST", "PUT")
    },
    ("GET", "/results"): Route(role=_CALLER, target="/results?id=1", page=True),
    ("POST", "/ocr_batch"): Route(role=_CALLER, target="/ocr_batch", body=[_ASKED]),
    ("GET", "/ocr_batch/<batch_id:str>"): Route(role=_CALLER, target="/ocr_batch/0", page=True),
    ("POST", "/ocr_info_update"): Route(
        role=_CORRECTOR, target="/ocr_info_update", body=_CORRECTION
    ),
    ("POST", "/predictions/ocr_info_update"): Route(
        role=_CORRECTOR, target="/predictions/ocr_info_update", body=_CORRECTION
    ),
    ("POST", "/predictions/ocr_info_update/<version:str>"): Route(
        role=_CORRECTOR, target="/predictions/ocr_info_update/1.0", body=_CORRECTION
    ),
    ("GET", "/review"): _page("/review"),
    ("GET", "/review/done"): _page("/review/done"),
    ("GET", "/review/<row_id:row>"): _page("/review/1"),
    ("GET", "/review/<row_id:row>/picture"): _page("/review/1/picture"),
    ("GET", "/review/<row_id:row>/changes"): _page("/review/1/changes"),
    ("GET", "/review/<row_id:row>/history"): _page("/review/1/history"),
    ("GET", "/upload"): _page("/upload"),
    ("GET", "/numbers"): _page("/numbers"),
    ("GET", "/export.csv"): _page("/export.csv"),
    ("GET", "/export.xlsx"): _page("/export.xlsx"),
    ("POST", "/upload"): Route(role=_CORRECTOR, target="/upload", body={}),
    ("POST", "/review/leave"): _act("leave", window="w"),
    ("POST", "/review/<row_id:row>/open"): _act("1/open", window="w"),
    ("POST", "/review/<row_id:row>/confirm"): _act("1/confirm"),
    ("POST", "/review/<row_id:row>/dismiss"): _act("1/dismiss", reason="not_a_fund"),
    ("POST", "/review/<row_id:row>/correct"): _act("1/correct", fund_code="011608", hold_share="1"),
    ("POST", "/review/<row_id:row>/undo"): _act("1/undo"),
}
SAFE = frozenset({"GET", "HEAD"})
