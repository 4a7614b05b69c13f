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

from evals.bench.child import Child, ChildFailed, last_line_of
from evals.bench.lifeline import with_us
from evals.bench.replay import Crew
from ocr.openvino.graph import alone_in
from pipeline.settings import PROJECT
from tests.serve.waiting import has_ended, wait_until

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


def test_who_says_nothing_is_waited_for_no_longer_than_agreed(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo ready; echo at work >&2; exec sleep 1000"]
    with Child(command, log=tmp_path / "log") as child:
        assert child.hear() == "ready"
        with pytest.raises(ChildFailed, match=r"said nothing for 0\.05 s(?s:.*)at work"):
            child.hear(0.05)
        assert child.process.poll() is not None


def test_who_ends_too_soon_is_told_in_his_own_words(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo no room >&2; exit 3"], log=tmp_path / "log")
    with child, pytest.raises(ChildFailed, match=r"ended \(3\)(?s:.*)no room"):
        child.hear()


def test_a_command_has_a_deadline_too() -> None:
    assert last_line_of(["printf", "one\\ntwo"]) == "two"
    with pytest.raises(ChildFailed, match="not ended within"):
        last_line_of(["sleep", "1000"], seconds=0.05)
    with pytest.raises(ChildFailed, match=r"ended \(1\)"):
        last_line_of(["false"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_it_started_ends_with_it_however_it_ends(number: int, tmp_path: Path) -> None:
    bench = subprocess.Popen(
        # In the background, as a shell has it that starts the tests there.
        [
            "bash",
            "-c",
            "trap '' INT; exec \"$@\"",
            "-",
            sys.executable,
            "-c",
            PARENT,
            tmp_path / "log",
        ],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bench.stdout is not None
    child = psutil.Process(int(bench.stdout.readline()))
    try:
        bench.send_signal(number)
        bench.wait(60)
        wait_until(lambda: has_ended(child))
    finally:
        bench.kill()
        bench.communicate()


def test_what_becomes_another_program_ends_with_it_too() -> None:
    """As the service and MariaDB do, which start processes of their own."""
    parent = (
        "import subprocess, time; from evals.bench.lifeline import with_us\n"
        "print(subprocess.Popen([*with_us(), 'sleep', '1000']).pid, flush=True); time.sleep(1000)"
    )
    command = [sys.executable, "-S", "-c", parent]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout is not None
        child = psutil.Process(int(bench.stdout.readline()))
        wait_until(lambda: child.name() == "sleep")
        bench.kill()
    wait_until(lambda: has_ended(child))


def test_a_parent_that_has_gone_starts_nothing() -> None:
    command = [*with_us()[:-1], "1", "touch", "never"]
    assert subprocess.run(command, check=False).returncode == 1


def test_a_bench_that_hangs_ends_by_itself_and_takes_all_along(tmp_path: Path) -> None:
    hanging = PARENT.replace("end_well()\n", "end_well(); end_after(1)\n", 1)
    hanging = hanging.replace("end_well\n", "end_well, end_after\n", 1)
    done = subprocess.run(
        [sys.executable, "-c", hanging, tmp_path / "log"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "more than 1 s" in done.stderr
    child = int(done.stdout)
    wait_until(lambda: not psutil.pid_exists(child))


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
