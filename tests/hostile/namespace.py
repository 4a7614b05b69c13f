"""A network of its own in which every address of the world is this machine.

A process in it can connect to 169.254.169.254, to 10.20.0.5 or to 93.184.216.34, and what it
reaches is whoever listens here: nothing leaves the machine.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_MARK = "FUNDOCR_HOSTILE_NETWORK"
_FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n",
    "/etc/hosts": f"127.0.0.1 localhost {os.uname().nodename}\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def inside(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` there; it must call `settle` first."""
    # Whoever is not root is root of his own namespaces.
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "env", f"{_MARK}=1", *command]


def is_inside() -> bool:
    """Whether this process was started by `inside`."""
    return os.environ.get(_MARK) == "1"


def settle(folder: Path) -> None:
    """Make every address one of this machine's, and take names from 127.0.0.1:53 alone.

    folder: where files may lie for as long as the namespace lives.
    """
    if not is_inside():
        sys.exit("tests.hostile: not in a network of its own; run `make hostile`")
    ip = "/sbin/ip"
    _run(ip, "link", "set", "lo", "up")
    _run(ip, "route", "add", "local", "0.0.0.0/0", "dev", "lo")
    _run(ip, "-6", "route", "add", "local", "::/0", "dev", "lo")
    for number, (path, text) in enumerate(_FILES.items()):
        own = folder / f"etc-{number}"
        own.write_text(text, encoding="ascii")
        if Path(path).exists():
            _run("mount", "--bind", str(own), path)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"tests.hostile: {' '.join(command)}: {done.stderr.strip()}")
