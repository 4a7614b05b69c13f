"""Starts a Ray cluster for one run, or joins one; checks that it has room for readers."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulk.errors import BulkError
from bulk.private_folder import private_folder
from pipeline.settings import PROJECT

LOCAL = "local"
# The object store of a cluster that we start: it holds little more than what readers are about to
# read (bytes).
_STORE = 256 * 1024 * 1024
_CONNECT_S = 5.0
_STARTS = 3
_SILENT: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
_MISSING = "Ray is not installed here: run `make setup-bulk`, or leave --ray away."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """readers: how many fit and are wanted. threads: processors of each. nodes: machines. here:
    this machine's node.
    """

    readers: int
    threads: int
    nodes: int
    here: str


@contextmanager
def joined(address: str, *, readers: int | None, threads: int) -> Iterator[Cluster]:
    """Inside, Ray is connected. BulkError where there is no cluster, or no room in it.

    address: `local` starts one on this machine that ends with the run; `auto` or HOST:PORT joins.
    readers: default: as many as fit.
    """
    ray = _ray()
    with private_folder(Path("/tmp"), "fundocr-ray-") as folder:  # noqa: S108 - sockets want short paths
        try:
            _connect(ray, address, _local_options(folder, readers, threads))
            yield _room(ray, readers, threads)
        finally:
            ray.shutdown()


def _ray() -> Any:  # noqa: ANN401 - a module
    # Neither telemetry nor colours nor a hint about them; to be said before Ray is loaded.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    try:
        import pyarrow  # noqa: F401
        import ray
        import ray.data
    except ImportError:
        raise BulkError(_MISSING) from None
    # What goes wrong with readers we say ourselves: Ray's own words are tracebacks.
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return ray


def _local_options(folder: Path, readers: int | None, threads: int) -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0))
    return {
        "include_dashboard": False,
        "num_cpus": max(cores, (readers or 0) * threads),
        "object_store_memory": _STORE,
        "_temp_dir": str(folder),
    }


def _connect(ray: Any, address: str, options: dict[str, Any]) -> None:  # noqa: ANN401
    if address.startswith("ray://"):
        raise BulkError("Run this on a machine of the cluster: --ray auto, or its HOST:PORT.")
    # Readers are other processes: they must run this very code.
    path = os.environ.get("PYTHONPATH", "")
    if address == LOCAL and str(PROJECT) not in path.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PROJECT), path)))
    try:
        if address == LOCAL:
            _start(ray, options)
            return
        address = _running_here() if address == "auto" else address
        _check_reachable(address)
        with _without_stderr():
            ray.init(address=address, **_SILENT)
    except (Exception, SystemExit) as error:  # whatever Ray ends its start with
        if address == LOCAL:
            raise BulkError(
                f"Ray did not start on this machine ({_first_line(error)}); "
                "where the machine is busy, try again or leave --ray away."
            ) from None
        raise BulkError(
            f"No Ray cluster was reached at {address} ({_first_line(error)}); start one with "
            "`ray start --head` on one machine and `ray start --address HOST:PORT` on the others, "
            "or use --ray local."
        ) from None


def _start(ray: Any, options: dict[str, Any]) -> None:  # noqa: ANN401
    """Ray gives itself 30 s, which is too short on a machine that is busy."""
    for left in reversed(range(_STARTS)):
        try:
            with _without_stderr():
                ray.init(address=LOCAL, **_SILENT, **options)
            return
        except (Exception, SystemExit):
            ray.shutdown()
            if not left:
                raise


def _check_reachable(address: str) -> None:
    """ConnectionError; Ray itself would try for minutes, and then end this process."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        raise ConnectionError("that is no HOST:PORT")
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except OSError as error:
        raise ConnectionError(error.strerror or str(error)) from error


def _running_here() -> str:
    """The address that `ray start` has left on this machine; ConnectionError."""
    if address := os.environ.get("RAY_ADDRESS"):
        return address
    try:
        noted = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")  # noqa: S108
        return noted.read_text(encoding="utf-8").strip()
    except OSError:
        raise ConnectionError("none was started here") from None


def _first_line(error: BaseException) -> str:
    said = str(error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Ray's C++ says on the descriptor itself that it will say nothing."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _room(ray: Any, readers: int | None, threads: int) -> Cluster:  # noqa: ANN401
    """Readers ask for a processor each thread; what feeds them asks for none, so that readers on
    all processors leave nothing waiting for ever.
    """
    nodes = [node for node in ray.nodes() if node["Alive"]]
    fit = sum(int(node["Resources"].get("CPU", 0)) // threads for node in nodes)
    free = int(ray.available_resources().get("CPU", 0)) // threads
    room = min(fit, free)
    if room < 1:
        raise BulkError(
            f"The Ray cluster has no room: a reader asks for {threads} CPUs of one machine, and "
            f"{ray.available_resources().get('CPU', 0):g} of "
            f"{ray.cluster_resources().get('CPU', 0):g} are free; "
            "add machines, wait for other jobs, or give fewer --threads."
        )
    return Cluster(
        readers=min(readers or room, room),
        threads=threads,
        nodes=len(nodes),
        here=ray.get_runtime_context().get_node_id(),
    )
