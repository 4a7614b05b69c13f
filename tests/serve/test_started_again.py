"""A TorchServe that was started again: watched until it is READY, ended where it cannot be."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.torchserve_process import READY_SECONDS, TorchServe

REFUSAL = '{"level": "ERROR", "message": "cannot serve: manifest.json does not fit"}\n'


class Sleeping(TorchServe):
    """One whose process does nothing: no model of it ever becomes READY."""

    def start(self, *, again: bool = False) -> int:
        assert again
        self._refusals.begin()
        self._process = subprocess.Popen(["sleep", "600"], start_new_session=True)
        return self._process.pid


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[Sleeping]:
    server = Sleeping(tmp_path)
    server.logs.mkdir(parents=True)
    # What was said before it was started again is not about it.
    (server.logs / "model_log.log").write_text(REFUSAL)
    server.start_again()
    yield server
    server._clear()


def test_it_has_time_to_become_ready(sleeping: Sleeping) -> None:
    assert sleeping.ended() is None
    assert sleeping._is_running()


def test_one_that_says_it_cannot_serve_is_ended_and_that_is_told(sleeping: Sleeping) -> None:
    with (sleeping.logs / "model_log.log").open("a") as log:
        log.write(REFUSAL.replace("manifest.json", "weights.bin"))
    assert sleeping.ended() == "weights.bin does not fit"
    assert not sleeping._is_running()


def test_one_whose_log_was_begun_anew_is_heard_too(sleeping: Sleeping) -> None:
    (sleeping.logs / "model_log.log").write_text('{"message": "cannot serve: no"}\n')
    assert sleeping.ended() == "no"


def test_one_that_is_not_ready_in_time_is_ended_and_that_is_told(sleeping: Sleeping) -> None:
    sleeping._ready_by = 0.0  # that was long ago
    assert sleeping.ended() == f"it was not READY in {READY_SECONDS:g} s; see {sleeping.logs}."
    assert not sleeping._is_running()
