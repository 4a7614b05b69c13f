"""The lines of a run on disk: each has one outcome, and what has none is asked for again."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from bulk.records import LineResult, SourceLine
from bulk.spool import Spool, lines_of


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "lines.db")
    yield spool
    spool.close()


def link(number: int, place: str = "", url_type: str = "oss") -> SourceLine:
    place = place or f"https://a.example.com/{number}.png"
    return SourceLine(number=number, place=place, url_type=url_type)


def asked(spool: Spool, size: int = 7) -> list[list[int]]:
    return [[line.number for line in spool.lines(turns)] for turns in spool.portions(size)]


def came_to(number: int) -> LineResult:
    return LineResult(number=number, image_url=f"u{number}", flag=True, row_id=number, source="ocr")


def test_every_line_is_asked_for_once_in_portions(spool: Spool) -> None:
    spool.fill(map(link, range(1, 101)))
    portions = asked(spool)
    assert [len(portion) for portion in portions] == [7] * 14 + [2]
    assert sorted(chain.from_iterable(portions)) == list(range(1, 101))


def test_neighbours_are_asked_for_apart_so_that_hosts_take_turns(spool: Spool) -> None:
    spool.fill(link(n, f"https://host-{n // 100}.example.com/{n}.png") for n in range(1000))
    for turns in spool.portions(50):
        hosts = {line.place.split("/")[2] for line in spool.lines(turns)}
        assert len(hosts) == 10


def test_what_has_an_outcome_is_not_asked_for_again(spool: Spool) -> None:
    spool.fill(map(link, range(1, 101)))
    assert spool.put(map(came_to, range(1, 91))) == 90
    assert sorted(chain.from_iterable(asked(spool))) == list(range(91, 101))
    assert spool.waiting() == 10


def test_a_second_outcome_of_a_line_changes_nothing(spool: Spool) -> None:
    spool.fill([link(1)])
    assert spool.put([came_to(1)]) == 1
    assert spool.put([LineResult(number=1, image_url="other")]) == 0
    assert [outcome for _, outcome in spool.results()] == [came_to(1)]


def test_a_link_that_comes_again_is_asked_for_once_and_told_each_time(spool: Spool) -> None:
    spool.fill([link(1), link(2, "https://b/x"), link(3), link(4, "https://b/x"), link(5)])
    assert spool.count() == (5, 4)
    assert sorted(chain.from_iterable(asked(spool))) == [1, 2, 3, 5]
    spool.put(map(came_to, (1, 2, 3, 5)))
    told = [
        (line.number, out and (out.number, out.row_id, out.source)) for line, out in spool.results()
    ]
    assert told[1] == (2, (2, 2, "ocr"))
    assert told[3] == (4, (4, 2, "stored"))


def test_the_same_link_of_another_url_type_is_another_line(spool: Spool) -> None:
    spool.fill([link(1, "https://b/x"), link(2, "https://b/x", "7min_local")])
    assert spool.count() == (2, 2)


def test_results_come_in_the_order_of_the_source(spool: Spool) -> None:
    spool.fill(map(link, range(1, 51)))
    spool.put(map(came_to, reversed(range(1, 51))))
    assert [line.number for line, _ in spool.results()] == list(range(1, 51))


def test_no_more_lines_than_the_limit(spool: Spool) -> None:
    spool.fill(map(link, range(1, 51)), limit=3)
    assert [line.number for line, _ in spool.results()] == [1, 2, 3]


def test_another_process_reads_the_same_lines(spool: Spool) -> None:
    spool.fill(map(link, range(1, 51)))
    turns = spool.portions(10)[2]
    assert lines_of(spool.file, turns) == spool.lines(turns)


def test_the_name_of_a_file_needs_not_be_utf_8(spool: Spool) -> None:
    line = SourceLine(number=1, place="/x/\udcff\udc80.png", url_type="upload", is_file=True)
    spool.fill([line])
    assert spool.lines(spool.portions(1)[0]) == [line]
