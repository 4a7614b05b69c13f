"""Every link of hostile_urls.json is refused with its code, before anything is connected to."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.testbed.picture_host import PictureHost, picture_host
from pipeline.errors import AddressNotAllowed, BadUrl, HostNotAllowed, ServiceError
from pipeline.fetch.link import parse_link
from pipeline.url_types import FETCH_POLICIES, URL_TYPES
from tests.fetch.watched import Watch

ROWS = json.loads((Path(__file__).parent / "hostile_urls.json").read_text("utf-8"))
HOSTS = ("pictures.corp.test", "*.nas.corp.test:8080", "10.20.0.7", "10.30.0.7")
NETWORKS = ("10.20.0.0/16", "fd00:20::/32")
# Hosts where a type is shut without them, and the networks that some of those hosts are in.
POLICY = {policy.hosts: HOSTS for policy in FETCH_POLICIES.values() if not policy.any_host} | {
    policy.networks: NETWORKS for policy in FETCH_POLICIES.values() if policy.networks
}


@pytest.fixture(scope="module")
def sentinel() -> Iterator[PictureHost]:
    """A host on loopback that must never be spoken to."""
    with picture_host({"/": b"secret", "/a.png": b"secret"}) as host:
        yield host


class Attack:
    """One fetcher for many links; each link brings its own answers of the name server."""

    def __init__(self, **policy: Any) -> None:
        self.watch = Watch()
        self._fetcher = self.watch.fetcher(**policy)

    def refused(self, row: dict[str, Any], url_type: str, sentinel: PictureHost) -> ServiceError:
        self.watch.names = lambda name: row.get("answers")
        with pytest.raises(ServiceError) as caught:
            self._fetcher.fetch(
                parse_link(row["url"].replace("{port}", str(sentinel.port))), url_type
            )
        return caught.value


def turns(*answers: list[str]) -> Callable[[str], list[str]]:
    """A name server that answers differently each time."""
    rest = iter(answers)
    return lambda name: next(rest)


def test_the_table_is_large_and_has_no_double_rows() -> None:
    keys = {(row["url"], tuple(row.get("answers", ()))) for row in ROWS}
    assert len(keys) == len(ROWS) >= 150


def like(url_type: str) -> str | None:
    """The type of the table's columns that is refused with the same codes, if there is one."""

    def kind(name: str) -> tuple[bool, bool, bool]:
        policy = FETCH_POLICIES[name]
        return policy.any_host, policy.any_port, policy.networks is None

    return next((name for name in ("oss", "7min_local") if kind(name) == kind(url_type)), None)


@pytest.mark.parametrize("url_type", URL_TYPES)
def test_hostile_links_are_refused_without_a_connect(url_type: str, sentinel: PictureHost) -> None:
    attack, column, wrong = Attack(**POLICY), like(url_type), []
    for row in ROWS:
        error = attack.refused(row, url_type, sentinel)
        code = row[column] if column else error.code
        if error.code != code or attack.watch.connects:
            wrong.append((row["url"], row["why"], error.code, code))
            attack.watch.connects.clear()
    assert wrong == []
    assert sentinel.connections == 0


@pytest.mark.parametrize("url_type", URL_TYPES)
def test_with_nothing_configured_no_hostile_link_is_connected_to_either(
    url_type: str, sentinel: PictureHost
) -> None:
    attack = Attack()
    for row in ROWS:
        attack.refused(row, url_type, sentinel)
        assert attack.watch.connects == [], row
    assert sentinel.connections == 0


@pytest.mark.parametrize("entry", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_listed_oss_host_is_refused_all_the_same_when_its_address_is_not_public(
    entry: str, sentinel: PictureHost
) -> None:
    attack = Attack(oss_hosts=(f"{entry}:{sentinel.port}",))
    row = {"url": f"http://{entry}:{{port}}/a.png", "answers": ["127.0.0.1", "::1"]}
    assert isinstance(attack.refused(row, "oss", sentinel), AddressNotAllowed)
    assert (attack.watch.connects, sentinel.connections) == ([], 0)


def test_an_unknown_url_type_may_fetch_from_nowhere(sentinel: PictureHost) -> None:
    attack = Attack(local_hosts=(sentinel.authority,), local_cidrs=("127.0.0.0/8",))
    for url_type in ("", "upload", "OSS", "oss ", "local", "7min", "*"):
        row = {"url": sentinel.url("/a.png")}
        assert isinstance(attack.refused(row, url_type, sentinel), HostNotAllowed)
    assert (attack.watch.connects, sentinel.connections) == ([], 0)


def test_a_name_that_changes_its_answer_never_gets_the_second_one_connected() -> None:
    """100 tries of rebinding: checked at a listed address, then moved to a forbidden one."""
    with picture_host({"/a.png": b"picture"}) as host:
        watch = Watch()
        fetcher = watch.fetcher(
            local_hosts=(f"pictures.corp.test:{host.port}",), local_cidrs=("127.0.0.2/32",)
        )
        for attempt in range(100):
            # Half of them show a listed address first, the other half the forbidden one.
            first = "127.0.0.2" if attempt % 2 else "127.0.0.1"
            watch.names = turns([first], ["127.0.0.1"], ["127.0.0.1"])
            watch.connects.clear()
            with pytest.raises(ServiceError) as caught:
                fetcher.fetch(
                    parse_link(f"http://pictures.corp.test:{host.port}/a.png"), "7min_local"
                )
            assert caught.value.code == ("FETCH_FAILED" if attempt % 2 else "ADDRESS_NOT_ALLOWED")
            assert watch.connects == ([("127.0.0.2", host.port)] if attempt % 2 else [])
        assert len(watch.looked_up) == 100
        assert host.connections == 0


def test_a_refusal_never_repeats_the_links_query(sentinel: PictureHost) -> None:
    attack = Attack()
    for row in ROWS:
        spiked = row | {"url": row["url"] + "?sig=canary"}
        error = attack.refused(spiked, "oss", sentinel)
        assert "canary" not in str(error) + json.dumps(error.detail)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://u:canary@a.test/", "user name"),
        ("http://a.test/canary" + "x" * 2048, "2048"),
        ("http://a.test\\canary", "backslash"),
        ("http://a.test:99999/canary", "port"),
        ("http://1.2.3/canary", "address"),
        ("canary", "http"),
    ],
)
def test_a_bad_links_sentence_says_what_is_wrong_and_does_not_repeat_it(
    url: str, part: str, sentinel: PictureHost
) -> None:
    error = Attack().refused({"url": url}, "oss", sentinel)
    assert isinstance(error, BadUrl)
    assert part in str(error)
    assert "canary" not in str(error)
