"""A part of the service that runs and does no work."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from serving import run_file
from serving.run_file import group
from serving.torchserve_process import TorchServe
from serving.watch import Health
from tests.serve.archives import CORRECTIONS_ALONE
from tests.serve.waiting import wait_until
from tests.trial import Trial


@dataclass(slots=True, kw_only=True)
class Part:
    """Something that works or does not, and a clock."""

    works: bool = True
    now: float = 100.0
    asked: int = 0

    def beats(self) -> bool:
        self.asked += 1
        return self.works

    def pulse(self) -> Health:
        return Health(self.beats, patience_s=60, every_s=10, clock=lambda: self.now)

    def lost_after(self, pulse: Health, seconds: int) -> list[int]:
        """After how many of the next seconds it was found lost."""
        found = []
        for second in range(1, seconds + 1):
            self.now += 1
            if pulse.is_lost():
                found.append(second)
        return found


def test_one_that_works_is_never_lost_and_asked_now_and_then() -> None:
    part = Part()
    assert part.lost_after(part.pulse(), 1000) == []
    assert part.asked == 100


def test_one_at_a_standstill_is_lost_when_patience_ends() -> None:
    part = Part(works=False)
    assert part.lost_after(part.pulse(), 75) == [70]


def test_one_that_comes_back_in_time_has_all_its_time_again() -> None:
    part = Part(works=False)
    pulse = part.pulse()
    assert part.lost_after(pulse, 65) == []
    part.works = True
    assert part.lost_after(pulse, 10) == []
    part.works = False
    assert part.lost_after(pulse, 60) == []


def test_a_time_in_which_nobody_asked_does_not_count() -> None:
    """Who asks was stopped himself, or had other things to do."""
    part = Part(works=False)
    pulse = part.pulse()
    assert part.lost_after(pulse, 20) == []
    part.now += 1000
    assert part.lost_after(pulse, 30) == []


@pytest.fixture(scope="module")
def torchserve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorchServe]:
    """One that is READY, and may be silent for 3 s; each test leaves it so."""
    home = tmp_path_factory.mktemp("standstill")
    Trial(home, config=CORRECTIONS_ALONE)  # which is not entered, writes a config with free ports
    server = TorchServe(home, silent_s=3)
    try:
        server.start()
        server.wait_ready(threading.Event())
        yield server
    finally:
        server.stop()


def leader(torchserve: TorchServe) -> psutil.Process:
    """The process that started Java."""
    assert torchserve._process is not None
    return psutil.Process(torchserve._process.pid)


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and run_file._is_alive(one)]


def test_a_java_that_hangs_is_killed_with_its_workers_and_can_be_started_again(
    torchserve: TorchServe,
) -> None:
    first = leader(torchserve)
    family = first.children(recursive=True)
    (java,) = [one for one in family if one.name() == "java"]
    assert torchserve.ended() is None
    os.kill(java.pid, signal.SIGSTOP)
    told: list[str] = []
    wait_until(lambda: told.extend(filter(None, [torchserve.ended()])) or told)
    assert told == [f"it has not answered for 3 s; see {torchserve.logs}."]
    assert alive([*family, *group(first.pid)]) == []
    torchserve.start_again()
    torchserve.wait_ready(threading.Event())


def test_a_model_whose_workers_have_gone_counts_as_a_standstill(torchserve: TorchServe) -> None:
    assert torchserve._has_workers()
    for process in leader(torchserve).children(recursive=True):
        if process.name() != "java" and (Path(process.cwd()) / "update_handler.py").exists():
            process.kill()
    wait_until(lambda: not torchserve._has_workers())
    wait_until(torchserve._has_workers)
