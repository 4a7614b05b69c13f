"""A network of machines on this one: a bridge, and for each machine a namespace with an address.

All of it is inside a network namespace of its own, which ends with the process that made it: nobody
else's network is touched, and nothing has to be cleared away.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from serving.failure import Failure
from tests.serve.waiting import wait_until

_INSIDE = "MACHINES_IN_OWN_NAMESPACE"
_BRIDGE = "machines"
HUB = "10.77.0.1"
"""Where proxy, database and picture host are."""
NETWORK = "10.77.0.0/24"


def enter_own_namespace(module: str) -> None:
    """Go on as `python -m module` in a network where only we are. Without root's rights, as the
    root of a namespace of users. Failure where that is not allowed."""
    if _INSIDE not in os.environ:
        rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        unshare = ["unshare", *rights, "--net"]
        tried = subprocess.run([*unshare, "true"], capture_output=True, text=True)
        if tried.returncode:
            raise Failure(f"no network namespace can be made here: {tried.stderr.strip()}")
        os.environ[_INSIDE] = "1"
        os.execvp("unshare", [*unshare, sys.executable, "-m", module, *sys.argv[1:]])
    _ip("link", "set", "lo", "up")
    _ip("link", "add", _BRIDGE, "type", "bridge")
    _ip("address", "add", f"{HUB}/{NETWORK.partition('/')[2]}", "dev", _BRIDGE)
    _ip("link", "set", _BRIDGE, "up")


class Cable:
    """A machine's namespace and its link to the hub; a context manager.

    number: from 1. inside: what runs a command in the namespace, before the command's own words.
    """

    def __init__(self, number: int) -> None:
        self.address = f"10.77.0.{10 + number}"
        self._link = f"machine{number}"
        self._holder: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Cable":
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        own = str(Path("/proc/self/ns/net").readlink())
        wait_until(lambda: _namespace(self._pid) not in ("", own))
        peer = ("peer", "name", "eth0", "netns", str(self._pid))
        _ip("link", "add", self._link, "type", "veth", *peer)
        _ip("link", "set", self._link, "master", _BRIDGE, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            _ip(*words, inside=self.inside)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._holder is not None
        self._holder.kill()
        self._holder.wait()

    @property
    def inside(self) -> tuple[str, ...]:
        return ("nsenter", f"--net=/proc/{self._pid}/ns/net")

    def pull(self) -> None:
        """Nothing reaches the machine any more, and nothing comes from it; it goes on."""
        _ip("link", "set", self._link, "down")

    def plug(self) -> None:
        """As it was."""
        _ip("link", "set", self._link, "up")

    @property
    def _pid(self) -> int:
        assert self._holder is not None
        return self._holder.pid


def _namespace(pid: int) -> str:
    try:
        return str((Path("/proc") / str(pid) / "ns" / "net").readlink())
    except OSError:
        return ""


def _ip(*words: str, inside: tuple[str, ...] = ()) -> None:
    done = subprocess.run([*inside, "ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")
