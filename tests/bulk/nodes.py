"""A Ray cluster of two machines on this one, in a process of its own that obeys words.

with two_nodes(cpus=1) as nodes:
    nodes.address        # what --ray takes
    nodes.kill_second()  # the machine that has no driver and no source is gone at once
    nodes.complete()     # another one has joined in its place
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from tests.fundocr_command import ROOT
from tests.serve.waiting import wait_until

NO_IDLE_WORKERS = dict.fromkeys(
    ("RAY_enable_worker_prestart", "RAY_prestart_worker_first_driver"), "0"
)
"""Of Ray's environment: workers that nobody asked for would load Python's packages for 2 s each."""
_ANOTHER = "another\n"


@dataclass(slots=True, kw_only=True)
class Nodes:
    """A running cluster; its processes are asked for another machine by `orders`, and answer in
    `answers`."""

    address: str
    folder: Path
    first: psutil.Process
    second: psutil.Process
    orders: IO[str]
    answers: IO[str]
    is_complete: bool = True

    def readers(self, of: psutil.Process | None = None) -> list[psutil.Process]:
        """The processes that read, of the second machine or of another."""
        children = (of or self.second).children(recursive=True)
        return [child for child in children if "MapWorker" in _title(child)]

    def kill_second(self) -> None:
        """SIGKILL to the machine and all that runs on it, as when its power fails."""
        self.is_complete = False
        doomed = [self.second, *self.second.children(recursive=True)]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def complete(self) -> None:
        """Have two machines again."""
        if not self.is_complete:
            self.orders.write(_ANOTHER)
            self.orders.flush()
            self.second = psutil.Process(int(self.answers.readline()))
            self.is_complete = True


@contextmanager
def two_nodes(*, cpus: int = 1) -> Iterator[Nodes]:
    """Each with so many processors."""
    folder = tempfile.mkdtemp(prefix="fr-", dir="/tmp")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TMPDIR": folder,
        **NO_IDLE_WORKERS,
        # A lost machine is noticed within seconds, as its network's end is on real ones.
        "RAY_health_check_period_ms": "1000",
        "RAY_health_check_failure_threshold": "3",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bulk.nodes", folder, str(cpus)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            address, *raylets = process.stdout.readline().split()
            first, second = (psutil.Process(int(pid)) for pid in raylets)
            yield Nodes(
                address=address,
                folder=Path(folder),
                first=first,
                second=second,
                orders=process.stdin,
                answers=process.stdout,
            )
        finally:
            process.stdin.close()
            process.wait(60)
            shutil.rmtree(folder, ignore_errors=True)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _in_time(start: Callable[[], Any]) -> Any:
    """Ray gives a node 30 s to start in, which a machine that is busy with other tests exceeds."""
    for _ in range(4):
        with suppress(Exception):
            return start()
    return start()


def _pid(node: Any) -> int:
    """Of a node's raylet, which all else on it is below of."""
    return int(node.all_processes["raylet"][0].process.pid)


def _machines(cluster: Any) -> int:
    """How many the cluster believes to be there."""
    return sum(bool(one["Alive"]) for one in cluster.global_state.node_table())


def main() -> None:
    """Start both, say address and raylet, start another one when told to, and end with the
    input."""
    from ray.cluster_utils import Cluster

    folder, cpus = sys.argv[1], int(sys.argv[2])
    (Path(folder) / "ray").mkdir()  # Ray writes its address there, and does not make the folder
    head = {"num_cpus": cpus, "include_dashboard": False, "temp_dir": folder}
    cluster: Any = _in_time(lambda: Cluster(initialize_head=True, head_node_args=head))
    second = _in_time(lambda: cluster.add_node(num_cpus=cpus))
    print(cluster.address, _pid(cluster.head_node), _pid(second), flush=True)
    while sys.stdin.readline() == _ANOTHER:
        cluster.remove_node(second, allow_graceful=False)
        wait_until(lambda: _machines(cluster) == 1)
        second = _in_time(lambda: cluster.add_node(num_cpus=cpus))
        print(_pid(second), flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
