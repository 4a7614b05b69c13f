"""One table says from where each kind of links may be fetched; everything else follows from it."""

from dataclasses import replace

import pytest

from front.openapi import document
from pipeline import url_types
from pipeline.errors import RECOGNISE_REQUIRED, AddressNotAllowed, HostNotAllowed
from pipeline.fetch.address import listed_hosts
from pipeline.settings import Settings
from tests.fetch.watched import Watch, settings_of

INSIDE = {"local_hosts": ("pictures.corp.test",), "local_cidrs": ("10.0.0.0/8",)}


@pytest.mark.parametrize("url_type", ["upload", "feishu", "", "OSS"])
def test_a_type_without_a_rule_is_fetched_from_nowhere(url_type: str) -> None:
    watch = Watch(names={"pictures.corp.test": ["10.0.0.5"], "a.example.com": ["8.8.8.8"]}.get)
    for link in ("http://pictures.corp.test/a.png", "http://a.example.com/a", "http://8.8.8.8/a"):
        with pytest.raises(HostNotAllowed):
            watch.fetcher(**INSIDE).fetch(link, url_type)
    assert (watch.looked_up, watch.connects) == ([], [])


OPEN: dict[str, object] = {}
NAMED: dict[str, object] = {"oss_hosts": ("a.example.com", "*.b.example.com:8443")}


@pytest.mark.parametrize(
    ("hosts", "link", "port"),
    [
        (OPEN, "http://a.example.com:8080/a.png", 8080),
        (OPEN, "https://8.8.8.8:8443/a.png", 8443),
        (NAMED, "http://a.example.com:443/a.png", 443),
        (NAMED, "https://x.b.example.com/a.png", 443),
        (NAMED, "https://elsewhere.example.com:8443/a.png", None),
        (NAMED, "https://b.example.com:8443/a.png", None),
    ],
)
def test_a_port_that_is_not_open_is_told_as_one(
    hosts: dict[str, object], link: str, port: int | None
) -> None:
    watch = Watch(names={}.get)
    with pytest.raises(HostNotAllowed) as caught:
        watch.fetcher(**hosts).fetch(link, "oss")
    where = "this host" if port is None else f"port {port} of this host"
    assert str(caught.value) == f"Pictures may not be fetched from {where} for this url_type."
    assert (watch.looked_up, watch.connects) == ([], [])


def test_a_new_type_gets_the_addresses_of_its_own_rule_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It once had the private networks of `7min_local`, whatever it was."""
    public = replace(url_types.FETCH_POLICIES["oss"], hosts="oss_hosts")
    monkeypatch.setitem(url_types.FETCH_POLICIES, "archive", public)
    watch = Watch(names={"a.example.com": ["10.0.0.5"]}.get)
    with pytest.raises(AddressNotAllowed):
        watch.fetcher(**INSIDE).fetch("http://a.example.com/a.png", "archive")
    assert watch.connects == []


def test_every_rule_names_settings_and_every_list_of_hosts_has_a_rule() -> None:
    named = {policy.hosts for policy in url_types.FETCH_POLICIES.values()}
    networks = {policy.networks for policy in url_types.FETCH_POLICIES.values()} - {None}
    assert named | networks == {"oss_hosts", "local_hosts", "local_cidrs"}
    assert named | networks <= set(Settings.model_fields)


def test_what_callers_and_operators_are_told_follows_the_table() -> None:
    assert RECOGNISE_REQUIRED.endswith("且 'url_type' 只能为 'oss' 或 '7min_local'")
    link = document()["components"]["schemas"]["Link"]["properties"]
    assert link["url_type"]["enum"] == list(url_types.URL_TYPES)
    settings = settings_of(oss_hosts=("a.example.com", "*.b.example.com"), **INSIDE)
    assert listed_hosts(settings) == {"a.example.com", "pictures.corp.test"}
