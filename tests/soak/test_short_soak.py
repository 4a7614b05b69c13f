"""`make soak` in small: what it demands of answers, threads and files, but for memory and time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.report import Target, conclude
from tests.mariadb import MariaDB
from tests.soak.asks import Ask
from tests.soak.files import File, samples
from tests.soak.run import Soaked, long_life, soaked
from tests.soak.watch import Watch

PICTURES = 160
JUDGED_LATER = ("memory", "growth")
"""Of these 160 pictures say nothing: the worker is still warming up."""


@pytest.fixture(scope="module")
def soak(
    tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDB
) -> Iterator[tuple[Soaked, list[Target], Watch]]:
    home: Path = tmp_path_factory.mktemp("soak") / "home"
    with soaked(home, mariadb, samples(), 21) as soak:
        soak.callers.run(PICTURES // 2, 16)  # so that what is opened once is open
        yield soak, *long_life(soak, PICTURES // 2)


def test_every_answer_and_what_is_taken_meets_the_targets(
    soak: tuple[Soaked, list[Target], Watch],
) -> None:
    _, targets, _ = soak
    missed = [one.line() for one in targets if not one.met and not one.key.startswith(JUDGED_LATER)]
    assert missed == []
    assert len(targets) == 22


def test_the_report_holds_targets_and_looks(
    soak: tuple[Soaked, list[Target], Watch], tmp_path: Path
) -> None:
    _, targets, watch = soak
    code = conclude(tmp_path / "soak.json", targets, {"looks": watch.as_json()})
    written = json.loads((tmp_path / "soak.json").read_text(encoding="utf-8"))
    assert code == (0 if all(one.met for one in targets) else 1)
    assert [one["key"] for one in written["targets"]] == [one.key for one in targets]
    assert written["targets"][0]["numbers"]["statuses"]["200"] > 100
    assert len(written["looks"]["disk"]) == len(watch.disk)


def test_all_kinds_of_answers_were_given(soak: tuple[Soaked, list[Target], Watch]) -> None:
    tally = soak[0].callers.tally
    assert tally.pictures >= PICTURES
    assert {200, 400, 403, 413, 415, 422, 502} <= set(tally.statuses)
    assert min(tally.judged, tally.corrections) > 0


def test_every_process_of_the_service_was_looked_at(
    soak: tuple[Soaked, list[Target], Watch],
) -> None:
    _, _, watch = soak
    assert set(watch.looks) >= {
        "OCR worker",
        "correction worker",
        "front door",
        "TorchServe (Java)",
        "TorchServe's launcher",
        "fundocr serve",
    }
    assert all(looks[0].rss > 0 and looks[0].threads > 0 for looks in watch.looks.values())
    assert watch.disk[-1].logs > 0


@pytest.mark.parametrize("file", samples(), ids=lambda file: file.content_type)
def test_numbered_files_differ_in_their_bytes(file: File) -> None:
    assert len({file.content, *(file.numbered(number) for number in range(3))}) == 4


def test_a_hundred_turns_hold_what_is_said_of_them(
    soak: tuple[Soaked, list[Target], Watch],
) -> None:
    asks: list[Ask] = [ask for number in range(100) for ask in soak[0].callers.turn(number)]
    assert sum(bool(ask.codes) for ask in asks) == 9
    assert sum(ask.path == "/ocr_info_update" for ask in asks) == 6
    assert sum(ask.content_type.startswith("image/") for ask in asks) >= 8
    assert sum(ask.content_type.startswith("multipart/") for ask in asks) == 4
