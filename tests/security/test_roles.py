"""Every route × everybody who may come: nobody, a wrong key, each role's key, each role's
session."""

from secrets import token_urlsafe

import pytest
import requests

from db.access import Role
from tests.front.app_routes import routes
from tests.security.conftest import Door
from tests.security.table import SAFE, TABLE

RANK = list(Role)
# What tells that somebody was let in: all else is what the route itself said to him.
SHUT = {"NO_KEY", "WRONG_KEY", "ROLE_TOO_LOW", "CROSS_SITE"}
BROWSER = {"Accept": "text/html"}
each_route = pytest.mark.parametrize(
    ("method", "path"), sorted(TABLE), ids=list(map(" ".join, sorted(TABLE)))
)
GUARDED = sorted(key for key, one in TABLE.items() if one.role)
each_guarded = pytest.mark.parametrize(
    ("method", "path"), GUARDED, ids=list(map(" ".join, GUARDED))
)


def verdict(answer: requests.Response) -> str:
    """The code by which somebody was kept out; empty where he was let in."""
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    code = answer.json().get("code", "") if is_json and answer.content else ""
    assert answer.status_code != 500
    return code if code in SHUT else ""


def ask(door: Door, method: str, path: str, headers: dict[str, str]) -> requests.Response:
    route = TABLE[method, path]
    return door.ask(method, route.target, headers={**route.headers(), **headers}, json=route.body)


def test_the_table_has_every_route_and_no_other() -> None:
    assert set(routes()) == TABLE.keys()


@each_guarded
def test_nobody_is_let_in_without_a_key(door: Door, method: str, path: str) -> None:
    answer = ask(door, method, path, {})
    assert (answer.status_code, verdict(answer)) == (401, "NO_KEY")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@each_guarded
def test_nobody_is_let_in_with_a_wrong_key(door: Door, method: str, path: str) -> None:
    for key in (token_urlsafe(32), "", "x" * 200):
        answer = ask(door, method, path, {"Authorization": f"Bearer {key}"})
        assert (answer.status_code, verdict(answer)) == (401, "WRONG_KEY")


@each_guarded
def test_a_made_up_session_is_none(door: Door, method: str, path: str) -> None:
    cookie = {"Cookie": f"fundocr_session={token_urlsafe(32)}", "Origin": door.url}
    assert verdict(ask(door, method, path, cookie)) == "NO_KEY"


@each_guarded
def test_a_browser_without_a_key_is_led_to_the_log_in(door: Door, method: str, path: str) -> None:
    answer = ask(door, method, path, BROWSER)
    if method == "GET":
        assert (answer.status_code, answer.headers["Location"][:12]) == (303, "/login?next=")
        assert answer.content == b""
    else:
        assert verdict(answer) == "NO_KEY"


@each_route
@pytest.mark.parametrize("role", RANK)
def test_a_key_opens_what_its_role_may_and_no_more(
    door: Door, method: str, path: str, role: Role
) -> None:
    needed = TABLE[method, path].role
    answer = ask(door, method, path, door.bearer(role))
    if needed is not None and RANK.index(role) < RANK.index(needed):
        assert (answer.status_code, verdict(answer)) == (403, "ROLE_TOO_LOW")
    elif path not in ("/login", "/logout"):
        assert verdict(answer) == ""


@each_route
@pytest.mark.parametrize("role", RANK)
def test_a_session_opens_what_its_key_does(door: Door, method: str, path: str, role: Role) -> None:
    if path in ("/login", "/logout"):
        return  # they make and end sessions
    needed = TABLE[method, path].role
    cookie = "; ".join(f"{name}={value}" for name, value in door.cookies[role].items())
    answer = ask(door, method, path, {"Cookie": cookie, "Origin": door.url})
    if needed is not None and RANK.index(role) < RANK.index(needed):
        assert (answer.status_code, verdict(answer)) == (403, "ROLE_TOO_LOW")
    else:
        assert verdict(answer) == ""


def test_what_needs_no_key_changes_nothing_and_tells_of_no_row() -> None:
    opened = {(method, path) for (method, path), one in TABLE.items() if one.role is None}
    assert {path for method, path in opened if method not in SAFE} == {"/login", "/logout"}
    assert not [path for _, path in opened if "row" in path or "batch" in path]
