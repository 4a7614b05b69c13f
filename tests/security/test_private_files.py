"""A running service: what it has written is its user's alone, and it may hold many connections."""

import resource
import stat
from pathlib import Path

from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures"]

GIVEN = {"cache"}  # by the tests, which share it


def test_what_the_service_has_written_nobody_else_can_read(shared: SharedService) -> None:
    shared.ask("/none.png")
    var = shared.home / "var"
    written = [path for path in var.rglob("*") if path.relative_to(var).parts[0] not in GIVEN]
    names = {path.name for path in written}
    assert {"front.log", "console.log", "ts_log.log", "model_log.log", "serve.pid"} <= names
    assert [path for path in written if path.lstat().st_mode & 0o077] == []
    assert stat.S_IMODE((shared.home / "key_file.json").stat().st_mode) == 0o600


def test_all_its_processes_may_open_as_many_files_as_the_machine_allows(
    shared: SharedService,
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    processes = shared.processes()
    assert len(processes) >= 4
    for process in processes:
        (line,) = [
            one
            for one in Path(f"/proc/{process.pid}/limits").read_text().splitlines()
            if one.startswith("Max open files")
        ]
        assert int(line.split()[3]) >= most, process.name()
