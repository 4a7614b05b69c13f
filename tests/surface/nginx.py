"""Debian's nginx with the configuration that is shipped, on free ports and in a private folder."""

import getpass
import os
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import PROJECT
from serving.ports import free_ports
from tests.fetch.certificates import write_authority
from tests.serve.waiting import wait_until

SHIPPED = PROJECT / "deploy" / "nginx" / "fundocr.conf"
DEBIANS = Path("/etc/nginx/nginx.conf")
PROGRAM = "/usr/sbin/nginx"
NAME = "localhost"
# The line of the shipped file that is there once for each machine.
ONE = "server 127.0.0.1:8000 max_fails=3 fail_timeout=5s;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """A running one. port: of TLS; plain_port: of plain HTTP. folder: its logs."""

    port: int
    plain_port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    @property
    def authority(self) -> str:
        """What clients trust."""
        return str(self.folder / "authority.pem")

    def context(self) -> ssl.SSLContext:
        """For a client that speaks to the socket itself."""
        return ssl.create_default_context(cafile=self.authority)

    def log(self) -> str:
        """Its access log."""
        return (self.folder / "fundocr.access.log").read_text("utf-8")


@contextmanager
def nginx(
    folder: Path, front: str | Sequence[str], changes: Mapping[str, str] | None = None
) -> Iterator[Nginx]:
    """Before the front door at `front` (http://host:port), or before several. changes: texts of the
    shipped file, which must be there, and what is to stand in their place."""
    running, config = prepare(folder, front, changes)
    process = subprocess.Popen(
        [*command(folder, config), "-g", "daemon off;"],
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: (folder / "nginx.pid").exists() or process.poll() is not None)
        assert process.poll() is None, (folder / "error.log").read_text("utf-8")
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def checked(folder: Path, front: str) -> subprocess.CompletedProcess[str]:
    """What `nginx -t` says of the configuration."""
    _, config = prepare(folder, front)
    return subprocess.run(
        [*command(folder, config), "-t"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def command(folder: Path, config: Path) -> list[str]:
    """It writes nowhere but in `folder`."""
    return [PROGRAM, "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]


def prepare(
    folder: Path, front: str | Sequence[str], changes: Mapping[str, str] | None = None
) -> tuple[Nginx, Path]:
    """Write certificate and configuration; the latter's file."""
    fronts = [front] if isinstance(front, str) else front
    folder.mkdir(parents=True, exist_ok=True)
    write_authority(folder, NAME)
    port, plain_port = free_ports(2)
    own = {
        ONE: "\n    ".join(
            ONE.replace("127.0.0.1:8000", url.removeprefix("http://")) for url in fronts
        ),
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80 ": f"listen 127.0.0.1:{plain_port} ",
        "fundocr.example.com": NAME,
        "/etc/ssl/fundocr/fullchain.pem": f"{folder}/server.pem",
        "/etc/ssl/fundocr/privkey.pem": f"{folder}/server.pem",
        "/var/log/nginx/": f"{folder}/",
    }
    site = folder / "fundocr.conf"
    site.write_text(_replaced(SHIPPED.read_text("utf-8"), own | dict(changes or {})), "utf-8")
    config = folder / "nginx.conf"
    config.write_text(_debians(folder, site), "utf-8")
    return Nginx(port=port, plain_port=plain_port, folder=folder), config


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _debians(folder: Path, site: Path) -> str:
    """Debian's own nginx.conf, with this one site, and all that it writes in `folder`."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"\t{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    user = f"user {getpass.getuser()};" if os.getuid() == 0 else ""
    text = DEBIANS.read_text("utf-8")
    for pattern, new in {
        r"^user .*;": user,
        r"^pid .*;": f"pid {folder}/nginx.pid;",
        r"^include /etc/nginx/modules-enabled/.*;": "",
        r"^\s*include /etc/nginx/sites-enabled/.*;": "",
        r"^\s*include /etc/nginx/conf\.d/.*;": f"{places}\tinclude {site};",
        r"^(\s*)access_log .*;": rf"\1access_log {folder}/access.log;",
        r"^(\s*)error_log .*;": rf"\1error_log {folder}/error.log;",
    }.items():
        text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count, pattern
    return text
