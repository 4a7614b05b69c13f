"""Rounds: slow hosts come last, what was lost is asked for again, nothing is left over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bulk.errors import BulkError, RoundBroke
from bulk.records import LineResult, SourceLine
from bulk.rounds import ask_all, results
from bulk.spool import Spool


class Crew:
    """Readers that answer by `answer`: None for a picture that is left out or lost. A round that
    `breaks` raises at its end. rounds: size, hurry and the batches of each.
    """

    def __init__(
        self,
        answer: Callable[[list[SourceLine], bool], list[int]],
        breaks: Callable[[int], bool] = lambda _: False,
    ) -> None:
        self._answer, self._breaks = answer, breaks
        self.rounds: list[tuple[int, bool, list[list[int]]]] = []

    def outcomes(self, spool: Spool, *, size: int, hurry: bool) -> Iterator[list[LineResult]]:
        batches: list[list[int]] = []
        self.rounds.append((size, hurry, batches))
        for turns in spool.portions(size):
            lines = spool.lines(turns)
            batches.append([line.number for line in lines])
            answered = self._answer(lines, hurry)
            yield [LineResult(number=number, image_url="", source="ocr") for number in answered]
        if self._breaks(len(self.rounds)):
            raise RoundBroke("ObjectLostError")

    def close(self) -> None:
        pass


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "lines.db")
    spool.fill(SourceLine(number=n, place=f"https://a/{n}", url_type="oss") for n in range(1, 101))
    yield spool
    spool.close()


def numbers(lines: list[SourceLine]) -> list[int]:
    return [line.number for line in lines]


def codes(spool: Spool) -> list[str | None]:
    return [outcome.code for _, outcome in results(spool)]


def test_one_round_is_enough_where_nothing_is_left_out(spool: Spool) -> None:
    crew, told = Crew(lambda lines, _: numbers(lines)), list[int]()
    ask_all(spool, crew, size=10, progress=told.append)
    assert len(crew.rounds) == 1
    assert sum(told) == 100
    assert codes(spool) == [None] * 100


def test_what_is_left_out_in_a_hurry_is_waited_for_in_the_end(spool: Spool) -> None:
    def slow_host(lines: list[SourceLine], hurry: bool) -> list[int]:
        return [n for n in numbers(lines) if n % 2 or not hurry]

    crew = Crew(slow_host)
    ask_all(spool, crew, size=10, progress=lambda _: None)
    assert [hurry for _, hurry, _ in crew.rounds] == [True, True, False]
    assert codes(spool) == [None] * 100


def test_what_died_with_its_reader_is_asked_for_again(spool: Spool) -> None:
    lost = [True]

    def dies_once(lines: list[SourceLine], hurry: bool) -> list[int]:
        if 50 in numbers(lines) and lost:
            lost.pop()
            return []
        return numbers(lines)

    crew = Crew(dies_once)
    ask_all(spool, crew, size=10, progress=lambda _: None)
    assert len(crew.rounds) == 2
    assert codes(spool) == [None] * 100


def test_a_picture_that_kills_its_readers_takes_no_other_with_it(spool: Spool) -> None:
    crew = Crew(lambda lines, _: [] if 50 in numbers(lines) else numbers(lines))
    ask_all(spool, crew, size=10, progress=lambda _: None)
    assert [number for number, code in enumerate(codes(spool), 1) if code] == [50]
    assert codes(spool)[49] == "READER_DIED"
    assert [size for size, _, _ in crew.rounds] == [10, 10, 10, 1, 1]


def test_a_round_that_breaks_is_followed_by_another(spool: Spool) -> None:
    def answers_half(lines: list[SourceLine], _: bool) -> list[int]:
        return numbers(lines)[::2]

    crew = Crew(answers_half, breaks=lambda number: number < 6)
    ask_all(spool, crew, size=10, progress=lambda _: None)
    assert codes(spool) == [None] * 100


def test_a_cluster_that_only_breaks_ends_the_run_and_blames_no_picture(spool: Spool) -> None:
    crew = Crew(lambda *_: [], breaks=lambda _: True)
    with pytest.raises(BulkError, match=r"ObjectLostError.*100 pictures left"):
        ask_all(spool, crew, size=10, progress=lambda _: None)
    assert spool.waiting() == 100
