"""What the bench starts: nobody waits for one that has died, and none outlives the bench."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

import psutil
import pytest

from evals.bench.replay import Crew
from ocr.openvino.graph import alone_in
from pipeline.settings import PROJECT
from tests.serve.waiting import wait_until

PARENT = """
import sys, time
from pathlib import Path
from evals.bench.child import Child, end_well
end_well()
child = Child(["sleep", "1000"], log=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(1000)
"""


def takes_one(parent: int, core: int, turn: Any, taken: Any) -> None:
    """Dies in its second turn, as a process does whose library crashes."""
    for _ in range(2):
        turn.wait()
        with taken.get_lock():
            taken.value += 1
            if taken.value == 100:
                os.kill(os.getpid(), signal.SIGKILL)
        turn.wait()


def test_a_turn_in_which_one_dies_ends_at_once() -> None:
    crew = Crew(takes_one, ())
    assert crew.once() >= 0
    crew._taken.value = 99
    crew._turn.wait(60)
    with pytest.raises(BrokenBarrierError):
        crew._turn.wait(60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_it_started_ends_with_it_however_it_ends(number: int, tmp_path: Path) -> None:
    bench = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "log"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bench.stdout is not None
    child = psutil.Process(int(bench.stdout.readline()))
    bench.send_signal(number)
    bench.wait(60)
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    bench.stdout.close()


def test_two_processes_are_not_in_one_cache_at_a_time(tmp_path: Path) -> None:
    other = (
        "import sys; from pathlib import Path; from fcntl import *\n"
        "file = Path(sys.argv[1], 'compiling').open('w')\n"
        "try: flock(file, LOCK_EX | LOCK_NB)\n"
        "except BlockingIOError: print('waits')\n"
        "else: print('in')\n"
    )

    def asks() -> str:
        command = [sys.executable, "-S", "-c", other, str(tmp_path / "cache")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with alone_in(tmp_path / "cache"):
        assert asks() == "waits"
    assert asks() == "in"
