"""In which order the two parts of the service are started and waited for."""

import threading
from pathlib import Path

import pytest

from pipeline.settings import Settings
from serving.failure import Failure
from serving.front_process import Front
from serving.run_file import RunFile
from serving.serve import _bring_up
from serving.torchserve import TorchServeAddress
from serving.torchserve_process import TorchServe


class Told(RunFile):
    """Notes down what happens, and each process that it is told of."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.events: list[str] = []

    def note(self, pid: int, scratch: str = "") -> None:
        self.events.append(" ".join(f"noted {pid} {scratch}".split()))


class Server(TorchServe):
    """A TorchServe without a process. failure: why it does not come up."""

    def __init__(self, home: Path, told: Told, failure: str = "") -> None:
        super().__init__(home)
        self._told, self._failure = told, failure

    def start(self, *, again: bool = False) -> int:
        self._told.events.append("TorchServe started")
        self.scratch = "scratch"
        return 1

    def wait_ready(self, stopping: threading.Event, seconds: float = 0) -> None:
        self._told.events.append("TorchServe READY")
        if self._failure:
            raise Failure(self._failure)


class Door(Front):
    """A front door without a process."""

    def __init__(self, home: Path, told: Told) -> None:
        super().__init__(Settings(home=home))
        self._told = told

    def start(self, torchserve: TorchServeAddress, local_key: str) -> int:
        self._told.events.append("front door started")
        return 2

    def wait_ready(self, stopping: threading.Event, seconds: float = 0) -> None:
        self._told.events.append("front door READY")


def test_the_front_door_comes_up_while_torchserve_does(tmp_path: Path) -> None:
    told = Told(tmp_path)
    _bring_up(told, Server(tmp_path, told), Door(tmp_path, told), "key", threading.Event())
    assert told.events == [
        *("TorchServe started", "noted 1 scratch", "front door started", "noted 2"),
        *("TorchServe READY", "front door READY"),
    ]


def test_why_torchserve_does_not_come_up_is_told_whatever_the_front_door_does(
    tmp_path: Path,
) -> None:
    told = Told(tmp_path)
    server = Server(tmp_path, told, failure="no worker")
    with pytest.raises(Failure, match="no worker"):
        _bring_up(told, server, Door(tmp_path, told), "key", threading.Event())
    assert "front door READY" not in told.events
