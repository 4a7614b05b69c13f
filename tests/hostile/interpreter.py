"""An interpreter whose processes keep a journal of their ways out, and else are ours.

It is a virtual environment that holds the hook and leads to the packages of the one we run in. So
the hook is in every Python process of a service that is started with it, TorchServe's worker too,
and the product knows nothing of it.
"""

import json
import shutil
import sysconfig
import venv
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

_HOOK = Path(__file__).parent / "ways_out.py"


def watched_interpreter(folder: Path) -> str:
    """Make it in `folder`; its path. Its processes write to the file WAYS_OUT_JOURNAL."""
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    shutil.copy(_HOOK, packages)
    ours = sysconfig.get_path("purelib")
    # Lines of a .pth that begin with `import` are run at every start; the hook's comes first.
    lines = f"import {_HOOK.stem}\nimport site; site.addsitedir({ours!r})\n"
    (packages / "watched.pth").write_text(lines, encoding="utf-8")
    return str(folder / "bin" / "python")


@dataclass(frozen=True, slots=True)
class WayOut:
    """One line of the journal. kind: `connect` or `lookup`. address, port: of a connect by IP."""

    pid: int
    kind: str
    address: str
    port: int


class Journal:
    """What the processes have written so far, read bit by bit."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def news(self, *pids: int) -> list[WayOut]:
        """What these processes did since it was asked last; sockets of this machine's files are
        no way out."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            lines = file.readlines()
            self._read = file.tell()
        found = (_way_out(json.loads(line)) for line in lines)
        return [one for one in found if one is not None and one.pid in pids]


def _way_out(line: list[object]) -> WayOut | None:
    pid, kind, to = line
    assert isinstance(pid, int) and isinstance(kind, str)
    if kind == "lookup":
        return WayOut(pid, kind, str(to), 0)
    if isinstance(to, list) and len(to) >= 2:
        return WayOut(pid, kind, plain_address(str(to[0])), int(to[1]))
    return None


def plain_address(text: str) -> str:
    """In its shortest form; an IPv4 address of a socket of both families as itself."""
    address = ip_address(text.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)
