"""Which links a host list opens, and which entries are no hosts."""

import re

import pytest

from pipeline.fetch.host_list import HostList, parse_host_list
from pipeline.fetch.link import parse_link
from pipeline.settings import SettingsError, load_settings
from pipeline.url_types import HOST_SETTINGS


def hosts(*entries: str, any_port: bool = False) -> HostList:
    return parse_host_list(entries, any_port=any_port)


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("bucket.example.com", "https://bucket.example.com/a.png", True),
        ("bucket.example.com", "http://bucket.example.com/a.png", True),
        ("bucket.example.com", "https://BUCKET.Example.COM/a.png", True),
        ("Bucket.Example.com", "https://bucket.example.com/a.png", True),
        ("bucket.example.com", "https://bucket.example.com:443/a.png", True),
        ("bucket.example.com", "https://bucket.example.com:80/a.png", False),
        ("bucket.example.com", "http://bucket.example.com:443/a.png", False),
        ("bucket.example.com", "https://bucket.example.com:8443/a.png", False),
        ("bucket.example.com", "https://a.bucket.example.com/a.png", False),
        ("bucket.example.com", "https://abucket.example.com/a.png", False),
        ("bucket.example.com", "https://bucket.example.com.evil.test/a.png", False),
        ("bucket.example.com", "https://example.com/a.png", False),
        ("*.example.com", "https://a.example.com/a.png", True),
        ("*.example.com", "https://a.b.c.example.com/a.png", True),
        ("*.example.com", "https://example.com/a.png", False),
        ("*.example.com", "https://aexample.com/a.png", False),
        ("*.example.com", "https://a.example.com:444/a.png", False),
        ("*.example.com", "https://a.example.com.evil.test/a.png", False),
        ("*.example.com:8443", "https://a.example.com:8443/a.png", True),
        ("*.example.com:8443", "https://a.example.com/a.png", False),
        ("files.example.com:8080", "http://files.example.com:8080/a.png", True),
        ("files.example.com:8080", "https://files.example.com:8080/a.png", True),
        ("files.example.com:8080", "http://files.example.com/a.png", False),
        ("files.example.com:80", "http://files.example.com/a.png", True),
        ("files.example.com:80", "https://files.example.com/a.png", False),
        ("my_nas", "http://my_nas/a.png", True),
        ("10.20.0.5", "http://10.20.0.5/a.png", True),
        ("10.20.0.5:9000", "http://10.20.0.5:9000/a.png", True),
        ("10.20.0.5:9000", "http://10.20.0.50:9000/a.png", False),
        ("[fd00::5]:9000", "http://[fd00:0::0005]:9000/a.png", True),
        ("[fd00::5]", "http://[fd00::5]/a.png", True),
        ("fd00::5", "http://[fd00::5]/a.png", True),
        ("[fd00::5]", "http://[fd00::6]/a.png", False),
    ],
)
def test_an_entry_opens_exactly_what_it_names(entry: str, url: str, allowed: bool) -> None:
    assert hosts(entry).allows(parse_link(url)) is allowed


def test_one_matching_entry_of_several_is_enough() -> None:
    several = hosts("a.test", "*.b.test:81", "c.test")
    assert several.allows(parse_link("http://x.b.test:81/"))
    assert not several.allows(parse_link("http://x.b.test/"))


def test_an_empty_list_opens_nothing() -> None:
    assert not hosts().allows(parse_link("http://a.test/"))


def test_where_any_port_is_meant_an_entry_without_a_port_opens_all_of_them() -> None:
    nas = hosts("nas.test", "cam.test:81", any_port=True)
    assert nas.allows(parse_link("http://nas.test:9000/"))
    assert nas.allows(parse_link("https://nas.test/"))
    assert not nas.allows(parse_link("http://cam.test:82/"))


@pytest.mark.parametrize(
    "entry",
    [
        *("https://bucket.example.com", "bucket.example.com/a", "*", "*.", "*example.com"),
        *("a.*.example.com", "bucket.example.com:", "bucket.example.com:0", "a.test:65536"),
        *("a.test:http", "a.test:８０", "user@a.test", "a b.test", "127.1", "0x7f.1", "[::1", ""),
        *("::1%lo", "*.10.0.0.1", "*.[::1]", "bucket.example.com.", "例え.test", "10.0.0.0/8"),
    ],
)
def test_an_entry_that_is_no_host_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(repr(entry))} is not a host such as "):
        hosts("fine.test", entry)


@pytest.mark.parametrize("setting", HOST_SETTINGS)
def test_every_wrong_entry_gets_a_line_of_its_own(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"FUNDOCR_{setting.upper()}"
    monkeypatch.setenv(name, "*, fine.test, http://x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [line.partition(" is not")[0] for line in lines] == [
        f"{name}: '*'",
        f"{name}: 'http://x'",
    ]
