"""How a good link is taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadUrl
from pipeline.fetch.link import MAX_URL_BYTES, parse_link

HOST = "https://a.test"


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("", "/"),
        ("/", "/"),
        ("?x=1", "/?x=1"),
        ("/a.png", "/a.png"),
        ("/a.png#top", "/a.png"),
        ("/图片/持仓.png", "/%E5%9B%BE%E7%89%87/%E6%8C%81%E4%BB%93.png"),
        ("/a.png?name=基金&x=1", "/a.png?name=%E5%9F%BA%E9%87%91&x=1"),
        ("/😀.png", "/%F0%9F%98%80.png"),
        ("/屏幕 截图.png", "/%E5%B1%8F%E5%B9%95%20%E6%88%AA%E5%9B%BE.png"),
        ("/already%20encoded%2F.png", "/already%20encoded%2F.png"),
        ("/100%.png", "/100%25.png"),
        ("/%zz", "/%25zz"),
        ("/a.png?Signature=a%2Bb%2Fc%3D&Expires=1", "/a.png?Signature=a%2Bb%2Fc%3D&Expires=1"),
        ("/a.png?sig=a+b/c==&t=1:2@3", "/a.png?sig=a+b/c==&t=1:2@3"),
        (
            "/a.png?x-oss-process=image/resize,w_9|rotate,90",
            "/a.png?x-oss-process=image/resize,w_9%7Crotate,90",
        ),
        ("/a/../b/./c.png", "/a/../b/./c.png"),
        ("//a//b.png", "//a//b.png"),
        ("/~a(1)[2]!$&'*;.png", "/~a(1)[2]!$&'*;.png"),
        ('/"<>^`{}.png', "/%22%3C%3E%5E%60%7B%7D.png"),
    ],
)
def test_path_and_query_reach_the_host_as_written_or_percent_encoded(
    written: str, asked: str
) -> None:
    assert parse_link(HOST + written).target == asked


@pytest.mark.parametrize(
    ("url", "authority", "port"),
    [
        ("http://a.test", "a.test", 80),
        ("HTTPS://A.Test/", "a.test", 443),
        ("http://a.test:80/", "a.test", 80),
        ("http://a.test:443/", "a.test:443", 443),
        ("https://a.test:8443/", "a.test:8443", 8443),
        ("http://10.0.0.1:8080/", "10.0.0.1:8080", 8080),
        ("http://[FD00:0::0001]/", "[fd00::1]", 80),
        ("http://[fd00::1]:81/", "[fd00::1]:81", 81),
        ("http://xn--fiqs8s.test/", "xn--fiqs8s.test", 80),
        ("http://my_nas.local:5000/a", "my_nas.local:5000", 5000),
    ],
)
def test_host_and_port_are_taken_in_one_form(url: str, authority: str, port: int) -> None:
    link = parse_link(url)
    assert (link.authority, link.port) == (authority, port)


def test_a_link_may_be_as_long_as_a_row_can_hold_and_not_longer() -> None:
    longest = HOST + "/" + "a" * (MAX_URL_BYTES - len(HOST) - 1)
    assert parse_link(longest).target.endswith("a")
    with pytest.raises(BadUrl):
        parse_link(longest + "a")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_a_link_or_a_bad_url_and_a_link_is_printable(first: str, rest: str) -> None:
    for url in (first, f"http://{first}/{rest}", f"http://a.test/{rest}", f"http://a.test?{rest}"):
        try:
            link = parse_link(url)
        except BadUrl:
            continue
        sent = link.target + link.authority
        assert sent.isascii()
        assert sent.isprintable()
        assert " " not in sent
