"""The form in which the front door hands a link's picture on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import fetched
from pipeline.errors import MissingField, NotJson, ServiceError
from pipeline.fetch.link import parse_link
from pipeline.parse import recognise_link
from pipeline.request import Request, Url

LINK = Request(id="", source=Url(link=parse_link('http://a/图.png?\u2028x="{}')), url_type="oss")


@given(
    content=st.binary(),
    refresh=st.booleans(),
    row_version=st.none() | st.integers(1),
    dry_run=st.booleans(),
)
def test_what_is_packed_is_unpacked_to_the_letter(
    content: bytes, refresh: bool, row_version: int | None, dry_run: bool
) -> None:
    how: dict[str, Any] = {"refresh": refresh, "dry_run": dry_run}
    how["row_version"] = row_version if refresh else None
    asked = Request(id="mine", source=LINK.source, url_type="7min_local", **how)
    source = Url(link=parse_link(LINK.identity), content=content)
    assert fetched.unpack(fetched.pack(asked, content), "mine") == Request(
        id="mine", source=source, url_type="7min_local", **how
    )
    assert recognise_link(fetched.link_alone(asked), "mine") == asked


@pytest.mark.parametrize(
    ("body", "error"),
    [(b"", NotJson), (b"{}", NotJson), (b"\n", NotJson), (b"{}\n", MissingField)],
)
def test_what_nobody_packed_is_refused(body: bytes, error: type[ServiceError]) -> None:
    with pytest.raises(error):
        fetched.unpack(body, "")


@given(st.binary())
def test_an_older_handler_takes_it_for_no_json(content: bytes) -> None:
    """Which tells the front door to send the link alone, rather than a wrong row."""
    if content.strip(b" \t\r\n"):
        with pytest.raises(NotJson):
            recognise_link(fetched.pack(LINK, content), "")
