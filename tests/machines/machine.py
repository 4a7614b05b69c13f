"""One machine: the whole service, front door and TorchServe, in a network namespace of its own."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from serving.front_process import is_alive
from tests.machines.network import Cable
from tests.trial import Trial

PORT = 8000


class Machine:
    """A machine of one core with `fundocr serve` on it, not started yet.

    core: the one that all of its processes are held to, so that it borrows nothing of another's.
    store: the model store that it loads its archives from. settings: FUNDOCR_* variables.
    """

    def __init__(
        self, cable: Cable, core: int, home: Path, store: Path, settings: Mapping[str, str]
    ) -> None:
        self.cable = cable
        self._core = core
        self.home = home
        self.store = store
        self.url = f"http://{cable.address}:{PORT}"
        self._settings = {**settings, "FUNDOCR_FRONT_ADDRESS": f"{cable.address}:{PORT}"}
        self.service: Trial | None = None

    def start(self) -> None:
        """Return when it is READY."""
        config = {"model_store": str(self.store)}
        inside = (*self.cable.inside, "taskset", "--cpu-list", str(self._core))
        self.service = Trial(self.home, self._settings, config, inside=inside)
        self.service.__enter__()

    def stop(self) -> int:
        """In good order; its exit code."""
        assert self.service is not None
        return self.service.stop()

    def kill(self) -> None:
        """SIGKILL to all of its processes, as when the power goes: first to the one that would
        start the others again."""
        assert self.service is not None
        while mine := self.processes():
            for process in sorted(mine, key=lambda one: one.create_time()):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(mine, timeout=30)
        self.service.stop()  # collects it: it has ended

    def is_alive(self) -> bool:
        """Whether its front door answers."""
        return is_alive(self.url)

    def processes(self) -> list[psutil.Process]:
        """All that work for its FUNDOCR_HOME."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("FUNDOCR_HOME") == str(self.home):
                    found.append(process)
        return found

    def processor_seconds(self) -> float:
        """What its processes have used since they began."""
        total = 0.0
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def memory(self) -> int:
        """Resident bytes of all its processes."""
        total = 0
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total
