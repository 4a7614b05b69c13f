"""One table says from where each kind of links may be fetched; everything else follows from it."""

import re
from dataclasses import replace

import pytest
import yaml

from db.rows import UPLOAD
from db.tables import ocr_batch_item, ocr_result
from front.openapi import document
from pipeline import url_types
from pipeline.errors import RECOGNISE_REQUIRED, AddressNotAllowed, HostNotAllowed
from pipeline.fetch.fetcher import listed_hosts
from pipeline.fetch.link import parse_link
from pipeline.settings import PROJECT, Settings
from tests.fetch.watched import Watch, settings_of

INSIDE = {"local_hosts": ("pictures.corp.test",), "local_cidrs": ("10.0.0.0/8",)}
# What an empty url_type of the legacy table is, and what an upload was on the day of a migration.
BY_NAME = {"db/legacy.py", "db/migrations/versions/0002_review.py"}
PRODUCT = ("bulk", "cli", "db", "front", "handlers", "ocr", "pipeline", "postprocess", "serving")


@pytest.mark.parametrize("url_type", ["upload", "feishu", "", "OSS"])
def test_a_type_without_a_rule_is_fetched_from_nowhere(url_type: str) -> None:
    watch = Watch(names={"pictures.corp.test": ["10.0.0.5"], "a.example.com": ["8.8.8.8"]}.get)
    for link in ("http://pictures.corp.test/a.png", "http://a.example.com/a", "http://8.8.8.8/a"):
        with pytest.raises(HostNotAllowed):
            watch.fetcher(**INSIDE).fetch(parse_link(link), url_type)
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
        watch.fetcher(**hosts).fetch(parse_link(link), "oss")
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
        watch.fetcher(**INSIDE).fetch(parse_link("http://a.example.com/a.png"), "archive")
    assert watch.connects == []


def policy_settings() -> set[str]:
    """All settings that the table names."""
    policies = url_types.FETCH_POLICIES.values()
    return {name for policy in policies for name in (policy.hosts, policy.networks) if name}


def test_every_rule_names_settings_and_every_list_of_hosts_has_a_rule() -> None:
    listed = {name for name in Settings.model_fields if re.fullmatch(r"\w+_hosts", name)}
    assert set(url_types.HOST_SETTINGS) == listed, "a line of the table, and its setting"
    assert policy_settings() <= set(Settings.model_fields)
    for policy in url_types.FETCH_POLICIES.values():
        assert Settings.model_fields[policy.hosts].default == ()
        assert policy.networks is None or Settings.model_fields[policy.networks].default == ()


def test_a_type_fits_into_its_column_and_is_no_upload() -> None:
    longest = min(table.c.url_type.type.length for table in (ocr_result, ocr_batch_item))
    assert all(0 < len(name) <= longest for name in url_types.URL_TYPES)
    assert UPLOAD not in url_types.URL_TYPES


def test_what_callers_and_operators_are_told_follows_the_table() -> None:
    assert "且 'url_type' 只能为 'oss' 或 '7min_local'" in RECOGNISE_REQUIRED, "callers know it so"
    assert all(repr(url_type) in RECOGNISE_REQUIRED for url_type in url_types.URL_TYPES)
    link = document()["components"]["schemas"]["Link"]["properties"]
    assert link["url_type"]["enum"] == list(url_types.URL_TYPES)
    for name in url_types.HOST_SETTINGS:
        assert f"FUNDOCR_{name.upper()}" in link["url_type"]["description"]
    settings = settings_of(oss_hosts=("a.example.com", "*.b.example.com"), **INSIDE)
    assert listed_hosts(settings) == {"a.example.com", "pictures.corp.test"}


def test_the_tables_of_settings_say_which_hosts_are_whose() -> None:
    """In each language, wherever the tables stand."""
    pages = (*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"))
    text = "\n".join(path.read_text("utf-8") for path in pages)
    for url_type, policy in url_types.FETCH_POLICIES.items():
        rows = re.findall(rf"^\| `FUNDOCR_{policy.hosts.upper()}` \|.*$", text, re.MULTILINE)
        assert rows and all(f"`{url_type}`" in row for row in rows), url_type


def test_operators_find_the_settings_where_a_cluster_is_set_up() -> None:
    config = yaml.safe_load((PROJECT / "deploy/k8s/config.yaml").read_text("utf-8"))
    assert {f"FUNDOCR_{name.upper()}" for name in policy_settings()} <= set(config["data"])


def test_no_module_repeats_a_type_by_hand() -> None:
    names = "|".join((*url_types.URL_TYPES, UPLOAD))
    named = re.compile(rf"url_?type.*[\"']({names})[\"']|[\"']({names})[\"'].*url_?type", re.I)
    paths = [path for room in PRODUCT for path in (PROJECT / room).rglob("*.py")]
    told = {
        str(path.relative_to(PROJECT))
        for path in paths
        if any(map(named.search, path.read_text("utf-8").splitlines()))
    }
    assert told == BY_NAME
