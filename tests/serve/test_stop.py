"""Stopping what a service left that was killed itself; how one that works stops is tried in
test_grown_workers.py."""

from pathlib import Path

import psutil

from tests.serve.archives import CORRECTIONS_ALONE
from tests.serve.service_process import Place, leftovers, processes_of, started
from tests.serve.waiting import wait_until
from tests.trial import Trial


def test_what_a_killed_service_left_is_ended_by_the_next_stop(tmp_path: Path) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    service = Trial(tmp_path / "home", {"TMPDIR": str(temporary)}, CORRECTIONS_ALONE)
    with started(service):
        supervisor = int((service.home / "var" / "run" / "serve.pid").read_text().split()[0])
        psutil.Process(supervisor).kill()
        assert service.stop() == -9
        assert processes_of(service.home) != []  # TorchServe and the front door live on
        done = Place.of(service).fundocr("stop")
        assert done.returncode == 1
        assert done.stderr.startswith("No service runs in ")
        wait_until(lambda: processes_of(service.home) == [])
        assert leftovers(temporary) == []
