"""A process and all that it started are gone once that was asked for, whatever they were at."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from serving import run_file
from serving.run_file import RunFile, end_group, group
from tests.serve.waiting import wait_until

BREEDS = (
    # The first stays; of the others each starts the next one and ends, some thousand a second:
    # whoever lists them first and kills those of the list comes too late for the latest.
    "import os, time\nif os.fork():\n    print(flush=True); time.sleep(600)\n"
    "while True:\n    if os.fork():\n        os._exit(0)\n"
)
LARGE = (
    # What has used much memory is not gone as soon as it was killed.
    "import os, time\nif os.fork():\n    time.sleep(600)\n"
    "memory = b'1' * 400_000_000; print(flush=True); time.sleep(600)\n"
)


HALF_GONE = (
    # The first thread has ended: to who asks for its state it is a zombie.
    "import ctypes, os, threading, time\n"
    "threading.Thread(target=lambda: time.sleep(600)).start()\n"
    "print(flush=True)\n"
    "ctypes.CDLL(None).syscall(60 if os.uname().machine == 'x86_64' else 93, 0)\n"
)


@contextmanager
def leading(code: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with a group of its own, which has said that it is at work."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"\n"
        yield process
    finally:
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def alive(leader: int) -> list[psutil.Process]:
    return [process for process in group(leader) if run_file._is_alive(process)]


@pytest.mark.parametrize("code", [BREEDS, LARGE], ids=["just being started", "slow to go"])
def test_none_of_a_group_is_left_when_it_was_ended(code: str) -> None:
    with leading(code) as leader:
        end_group(leader, first=None)
        assert alive(leader.pid) == []


def test_one_of_which_only_the_first_thread_has_ended_is_waited_for() -> None:
    with leading(HALF_GONE) as leader:
        process = psutil.Process(leader.pid)
        wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE)
        assert run_file._is_alive(process)
        end_group(leader, first=None)
        assert not run_file._is_alive(process)


def test_none_is_left_of_a_service_that_was_killed_itself(tmp_path: Path) -> None:
    run = RunFile(tmp_path)
    (tmp_path / "var" / "run").mkdir(parents=True)
    with leading(BREEDS, FUNDOCR_HOME=str(tmp_path)) as leader:
        (tmp_path / "var" / "run" / "serve.pid").write_text(f"1\n{leader.pid}\n")
        assert not run.stop()
        assert alive(leader.pid) == []


def test_a_number_that_has_gone_to_somebody_else_ends_nobody(tmp_path: Path) -> None:
    (tmp_path / "var" / "run").mkdir(parents=True)
    with leading(
        "import time; print(flush=True); time.sleep(600)", FUNDOCR_HOME="elsewhere"
    ) as leader:
        (tmp_path / "var" / "run" / "serve.pid").write_text(f"1\n{leader.pid}\n")
        assert not RunFile(tmp_path).stop()
        assert len(alive(leader.pid)) == 1


def test_of_a_power_cut_the_folder_for_temporary_files_goes_at_the_next_start(
    tmp_path: Path,
) -> None:
    own, other = tmp_path / f"{run_file.SCRATCH}ab12", tmp_path / "photos"
    for folder in (own, other):
        (folder / "models").mkdir(parents=True)
    (tmp_path / "var" / "run").mkdir(parents=True)
    none = 2**22 + 1  # above the highest number that a process gets
    text = f"1\n{none} {own}\n{none}\n{none} {other}\n"
    (tmp_path / "var" / "run" / "serve.pid").write_text(text)
    RunFile(tmp_path).claim()
    assert not own.exists()
    assert other.exists()
