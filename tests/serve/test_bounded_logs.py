"""No log grows without end, whoever writes it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pipeline.settings import PROJECT
from serving.watch import BoundedLog
from tests.serve.archives import CORRECTIONS_ALONE
from tests.serve.service_process import started
from tests.serve.waiting import wait_until
from tests.trial import Trial

KEPT = 4
"""How many files of each of TorchServe's logs there are, the one in use among them."""


@pytest.fixture
def log(tmp_path: Path) -> BoundedLog:
    return BoundedLog(tmp_path / "log" / "front.log", limit=10_000)


@pytest.fixture
def writer(log: BoundedLog) -> Iterator["subprocess.Popen[str]"]:
    """A process whose output is the log: numbered lines, up to the number that it is told."""
    program = (
        "import sys\nn = 0\n"
        "for line in sys.stdin:\n"
        "    while n < int(line):\n        n += 1; print('line', n)\n"
        "    print('done', n, flush=True)\n"
    )
    with log.open() as file:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=file, text=True
        )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0


def write(writer: "subprocess.Popen[str]", log: BoundedLog, last: int) -> None:
    assert writer.stdin is not None
    writer.stdin.write(f"{last}\n")
    writer.stdin.flush()
    wait_until(lambda: log.path.read_text().endswith(f"done {last}\n"))


def test_a_process_that_writes_on_and_on_fills_two_files_of_the_limit(
    log: BoundedLog, writer: "subprocess.Popen[str]"
) -> None:
    for last in range(100, 5001, 100):
        write(writer, log, last)
        log.keep()
    sizes = [file.stat().st_size for file in (log.path, log.previous)]
    assert max(sizes) < 12_000
    assert len(list(log.path.parent.iterdir())) == 2


def test_what_was_written_last_is_there_and_in_order(
    log: BoundedLog, writer: "subprocess.Popen[str]"
) -> None:
    for last in range(100, 1501, 100):
        write(writer, log, last)
        log.keep()
    text = log.previous.read_text() + log.path.read_text()
    assert "\0" not in text, "the file was cut off and not written beyond its end"
    numbers = [int(number) for number in re.findall(r"line (\d+)\n", text)]
    assert numbers == list(range(numbers[0], 1501))


def test_a_new_process_leaves_the_words_of_the_one_before(log: BoundedLog) -> None:
    for words in ("the first\n", "the second\n"):
        with log.open() as file:
            file.write(words.encode())
    assert (log.previous.read_text(), log.path.read_text()) == ("the first\n", "the second\n")


def test_a_log_that_somebody_has_removed_disturbs_nobody(log: BoundedLog) -> None:
    log.open().close()
    log.path.unlink()
    log.keep()


def test_a_full_place_for_the_old_lines_does_not_keep_the_log_from_being_cut(
    log: BoundedLog,
) -> None:
    with log.open() as file:
        file.write(b"x" * 20_000)
    log.previous.mkdir()  # nothing can be copied there
    log.keep()
    assert log.path.stat().st_size == 0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A service whose logs go round after a few hundred lines; it has been asked for more."""
    text, sizes = re.subn(r'size="20 MB"', 'size="2 KB"', (PROJECT / "log4j2.xml").read_text())
    assert sizes == 3
    home = tmp_path_factory.mktemp("small-logs")
    service = Trial(home, config=CORRECTIONS_ALONE)
    (home / "log4j2.xml").write_text(text)
    busy_files(home).mkdir(parents=True)
    (busy_files(home) / "999999").touch()
    with started(service), requests.Session() as session:
        for number in range(150):
            unknown = {"image_url": f"https://nobody.example.com/{number}.png"}
            said = {"update_fund_code": "011608", "update_hold_share": "7"}
            answer = session.post(
                f"{service.address.inference}/predictions/ocr_info_update",
                json=unknown | said,
                headers=service.authorization(),
                timeout=120,
            )
            assert answer.status_code == 404
        yield home


def busy_files(home: Path) -> Path:
    return home / "var" / "run" / "busy"


def test_torchserves_logs_stay_within_the_sizes_of_their_configuration(home: Path) -> None:
    for name in ("access_log", "model_log", "ts_log"):
        files = list((home / "var" / "log").glob(f"{name}*"))
        assert 1 <= len(files) <= KEPT
        assert max(file.stat().st_size for file in files) < 16_384
    access = list((home / "var" / "log").glob("access_log*"))
    assert len(access) == KEPT, "it has gone round"


def test_what_a_service_before_has_left_of_its_workers_is_gone(home: Path) -> None:
    assert [file.name for file in busy_files(home).iterdir() if file.name == "999999"] == []
