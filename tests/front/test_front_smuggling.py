"""Requests that could be read in two ways: the front door answers once, or hangs up."""

from collections.abc import Iterator

import pytest
import requests

from tests.front.in_process import lone_front_in_process
from tests.surface.probes import BEHIND_CHUNKS, IN_A_ROW, PROBES, send


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port of a front door before a port where nobody listens."""
    with lone_front_in_process(tmp_path_factory.mktemp("front")) as url:
        host, port = url.removeprefix("http://").split(":")
        yield host, int(port)


@pytest.mark.parametrize("probe", PROBES)
def test_a_second_request_hidden_in_the_first_gets_no_answer(
    front: tuple[str, int], probe: str
) -> None:
    # (For a chunk of 2^64 bytes it waits half a minute.)
    told = send(front, PROBES[probe], patience=5)
    assert told.statuses in ((400,), ())


def test_what_stands_behind_a_body_in_chunks_is_not_looked_at(front: tuple[str, int]) -> None:
    told = send(front, BEHIND_CHUNKS)
    assert told.closed
    assert told.statuses == (400,)


def test_two_plain_requests_in_a_row_are_both_answered(front: tuple[str, int]) -> None:
    """So that it is known that a second answer would have been seen."""
    assert send(front, IN_A_ROW).statuses == (400, 200)


@pytest.mark.parametrize("path", ["/ocr_handler", "/ocr_info_update"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_json_that_is_longer_than_any_of_ours_is_not_taken_apart(
    front: tuple[str, int], path: str, in_chunks: bool
) -> None:
    bomb = b'{"a": [' + b"1," * 2_000_000 + b"1]}"
    parts = (bomb[start : start + 65536] for start in range(0, len(bomb), 65536))
    answer = requests.post(
        "http://{}:{}{}".format(*front, path), data=parts if in_chunks else bomb, timeout=60
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_MANY_BYTES")
    assert answer.json()["error"] == "A body that is no picture may have 65536 bytes here at most."
