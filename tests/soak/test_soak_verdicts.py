"""What a soak would miss: growth, more and more threads or files, wrong answers."""

from random import Random

import pytest

from tests.soak import verdicts
from tests.soak.asks import Ask
from tests.soak.callers import Tally, faults
from tests.soak.files import File, samples
from tests.soak.watch import Disk, Look

TRUTH = {"fund_code": "011608", "hold_share": "1234.56"}


def looks(
    *, growth: float = 0.0, noise: float = 1.0, threads: float = 0.0, handles: float = 0.0
) -> list[Look]:
    """5,000 pictures; growth, threads and handles: more of them for every 1,000; noise: MB by which
    rests differ.

    Every tenth look sees a peak of hundreds of MB, every 25th is one at rest, and before the first
    1,000 the process warms up.
    """
    rng = Random(4)
    found = []
    for pictures in range(0, 5001, 10):
        at_rest = pictures % 250 == 0
        rss = 1000 + growth * pictures / 1000 + rng.uniform(0, noise)
        if not at_rest:
            rss += rng.uniform(0, 50) + (rng.uniform(200, 900) if rng.random() < 0.1 else 0)
        rss -= max(0, 300 - pictures)
        found.append(
            Look(
                pictures=pictures,
                at_rest=at_rest,
                rss=rss,
                threads=20 + int(threads * pictures / 1000),
                handles=50 + rng.randint(0, 5) + int(handles * pictures / 1000),
            )
        )
    return found


@pytest.mark.parametrize("growth", [0.0, 3.0, 40.0, -5.0])
def test_growth_is_seen_at_rest(growth: float) -> None:
    found, error = verdicts.growth_at_rest(looks(growth=growth))
    assert found == pytest.approx(growth, abs=0.3)
    assert 0 < error < 0.2


def test_a_process_that_stays_as_it_is_meets_all() -> None:
    still = looks()
    found = [*verdicts.memory("OCR worker", still)]
    found += [verdicts.threads("it", still), verdicts.handles("it", still)]
    assert [one.line() for one in found if not one.met] == []


def test_a_process_that_grows_misses() -> None:
    growing = looks(growth=3, threads=2, handles=4)
    met = {one.key: one.met for one in verdicts.memory("OCR worker", growing)}
    assert met == {"memory of OCR worker": True, "growth of OCR worker": False}
    assert not verdicts.threads("it", growing).met
    assert not verdicts.handles("it", growing).met


def test_growth_is_told_from_what_varies_anyway() -> None:
    """As the OCR worker's memory does: by 30 MB from one rest to the next."""
    met = [
        verdicts.memory("OCR worker", looks(growth=growth, noise=30.0))[1].met
        for growth in (0.0, 10.0)
    ]
    assert met == [True, False]


def test_a_process_that_takes_too_much_for_a_moment_misses() -> None:
    most, _ = verdicts.memory("front door", looks())
    assert not most.met


def test_java_is_judged_by_its_limit_alone() -> None:
    java = "TorchServe (Java)"
    assert [one.met for one in verdicts.memory(java, looks(growth=-50))] == [False]
    small = [Look(pictures=one.pictures, rss=300, threads=1, handles=1) for one in looks()]
    assert [one.met for one in verdicts.memory(java, small)] == [True]


def disk(pictures: int, **more: float) -> Disk:
    usual = {"logs": 1.0, "temporary_files": 10, "temporary": 50.0, "home": 3.0}
    return Disk(pictures=pictures, **(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("end", "missed"),
    [
        ({}, []),
        ({"logs": 400.0}, ["logs"]),
        ({"temporary_files": 11}, ["temporary files"]),
        ({"temporary": 70.0}, ["temporary files"]),
        ({"home": 9.0}, ["home"]),
    ],
)
def test_files_that_pile_up_miss(end: dict[str, float], missed: list[str]) -> None:
    found = verdicts.files([disk(0), disk(2000), disk(5000, **end)], [6, 6])
    assert [one.key for one in found if not one.met] == missed


def test_a_process_that_is_left_over_misses() -> None:
    found = verdicts.files([disk(0), disk(2000), disk(5000)], [6, 7])
    assert [one.key for one in found if not one.met] == ["processes"]


def test_a_row_too_many_or_too_few_misses() -> None:
    tally = Tally(answers=2, judged=2, identities={"a", "b"}, corrections=1)
    met = [
        verdicts.answers(tally, rows, corrected)[2].met
        for rows, corrected in ((2, 1), (1, 1), (3, 1), (2, 0))
    ]
    assert met == [True, False, False, False]


def answer(code: str, share: str, source: str = "ocr") -> dict[str, object]:
    data = {"fund_code": code, "hold_share": share}
    return {"flag": bool(code), "data": data, "detail": {"source": source}}


def test_a_right_answer_has_no_fault_and_a_wrong_one_does() -> None:
    ask = Ask(body=b"", truth=TRUTH, source="ocr")
    assert faults(ask, answer("011608", "1234.56")) == []
    assert len(faults(ask, answer("011608", "1234.65"))) == 1
    assert len(faults(ask, answer("", ""))) == 1
    assert len(faults(ask, answer("011608", "1234.56", source="stored"))) == 1


def test_a_repeat_that_answers_otherwise_is_a_fault() -> None:
    ask = Ask(body=b"", repeats=True)
    assert faults(ask, answer("011608", "1234.56"), TRUTH) == []
    assert len(faults(ask, answer("011608", "1234.5"), TRUTH)) == 1


@pytest.mark.parametrize("file", samples(), ids=lambda file: file.content_type)
def test_numbered_files_differ_in_their_bytes(file: File) -> None:
    assert len({file.content, *(file.numbered(number) for number in range(3))}) == 4
