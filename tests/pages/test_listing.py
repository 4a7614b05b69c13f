"""Filters as texts of an address, there and back."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sanic.request.parameters import RequestParameters

from db.filters import Filter
from db.rows import ReviewState
from front.errors import BadQuery
from front.pages.query import Query, asked_query, query_of
from postprocess.types import Reason

CHINA, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
LINK = "https://pictures.example.com/a.png?Signature=a%2Bb%3D&n=1"
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=40)
queries = st.builds(
    Query,
    state=st.sampled_from([*map(str, ReviewState), "all"]),
    reason=st.sampled_from(["", *map(str, Reason)]),
    url_type=st.sampled_from(["", "oss", "7min_local", "upload"]),
    label=texts,
    model=texts,
    rules=texts,
    since=st.sampled_from(["", "2026-11-22"]),
    until=st.sampled_from(["", "2026-02-28"]),
    q=texts,
)


def parsed(address: str) -> Query:
    arguments = parse_qs(urlsplit(address).query, keep_blank_values=True)
    return asked_query(RequestParameters(arguments))


@given(queries)
def test_an_address_brings_back_the_filters_that_it_was_made_of(query: Query) -> None:
    assert parsed(query.address()) == query


def test_without_filters_open_rows_are_asked_for() -> None:
    assert parsed("/review").filter(CHINA) == Filter(state=(ReviewState.OPEN,))
    assert parsed("/review?state=all").filter(CHINA) == Filter()
    assert Query().address() == "/review"


def test_days_are_those_of_the_zone_and_the_last_one_counts() -> None:
    found = parsed("/review?state=all&since=2026-11-01&until=2026-11-22").filter(CHINA)
    assert found == Filter(
        since=datetime(2026, 10, 31, 16, tzinfo=UTC), until=datetime(2026, 11, 22, 16, tzinfo=UTC)
    )
    # A day of 25 hours.
    found = parsed("/review?state=all&since=2026-10-25&until=2026-10-25").filter(BERLIN)
    assert found.since == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert found.until == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_every_filter_reaches_the_rows() -> None:
    asked = "reason=NO_CODE&url_type=oss&label=可用份额&model=m@1&rules=layout@1&host=A.example.com"
    assert parsed(f"/review?state=corrected&{asked}").filter(CHINA) == Filter(
        state=(ReviewState.CORRECTED,),
        reason="NO_CODE",
        url_type="oss",
        label="可用份额",
        model_version="m@1",
        rules_version="layout@1",
        host="a.example.com",
    )


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("011608", "code", Filter(fund_code="011608")),
        (LINK, "link", Filter(url=LINK)),
        ("upload:sha256:0a", "link", Filter(url="upload:sha256:0a")),
        ("#17", "id", Filter()),
        ("可用份额", "odd", Filter()),
        ("01160", "odd", Filter()),
        ("０11608", "odd", Filter()),
    ],
)
def test_what_is_searched_for_is_known_by_its_form(text: str, kind: str, expected: Filter) -> None:
    query = Query(state="all", q=text)
    assert (query.search, query.filter(CHINA)) == (kind, expected)


def test_the_beginning_of_a_link_is_a_prefix() -> None:
    query = Query(state="all", q="https://pictures.example.com/")
    assert query.filter(CHINA, by_prefix=True) == Filter(url_prefix="https://pictures.example.com/")
    assert Query(q="#17").row_id == 17


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/review?state=gone", "state must be one of open, confirmed, corrected, dismissed, all, "),
        ("/review?reason=WHY", "reason must be one of NO_TEXT, TURNED, NO_CODE, "),
        ("/review?url_type=ftp", "url_type must be one of oss, 7min_local, upload, or empty."),
        ("/review?since=yesterday", "since must be a day like 2026-11-30, or empty."),
        ("/review?since=2026-02-30", "since must be a day"),
        ("/review?until=0001-01-01", "until must be a day"),
        ("/review?label=%00", "label must be a text of at most 2,048 characters, or empty."),
        (f"/review?q={'1' * 2049}", "q must be a text of at most 2,048"),
    ],
)
def test_what_is_no_filter_is_refused_where_rows_are_asked_for_and_left_out_elsewhere(
    address: str, says: str
) -> None:
    arguments = RequestParameters(parse_qs(urlsplit(address).query, keep_blank_values=True))
    with pytest.raises(BadQuery, match=says):
        asked_query(arguments)
    assert query_of(arguments) == Query()


def test_a_name_that_no_filter_has_is_refused() -> None:
    asked_query(RequestParameters({"after": ["x"]}), "after")
    with pytest.raises(
        BadQuery, match=r"There is no filter reson\\u001b; there are state, reason, "
    ):
        asked_query(RequestParameters({"reson\x1b": ["NO_CODE"]}))


def test_an_empty_text_asks_for_nothing() -> None:
    assert parsed("/review?since=&until=&q=&state=") == Query()
