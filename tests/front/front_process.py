"""A front door of its own, in front of a TorchServe that others share, or of none at all."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.upgrade import upgrade
from pipeline.settings import PROJECT
from serving.front_process import is_alive
from serving.ports import free_ports
from tests.serve.waiting import wait_until


def command(torchserve: str) -> list[str]:
    return [sys.executable, "-m", "front", "--torchserve", torchserve]


def environment(home: Path, **settings: str | None) -> dict[str, str]:
    """No FUNDOCR_* of the caller's reaches it. On this machine no key is asked for, on the
    pages neither, unless FUNDOCR_ANONYMOUS_CIDRS is among the settings; None: it is not set."""
    others = {name: text for name, text in os.environ.items() if not name.startswith("FUNDOCR_")}
    own = {
        "FUNDOCR_HOME": str(home),
        "FUNDOCR_ANONYMOUS_CIDRS": "127.0.0.1/32",
        "FUNDOCR_ANONYMOUS_PAGES": "1",
    }
    told = {**others, **own, **settings}
    return {name: text for name, text in told.items() if text is not None}


@contextmanager
def front_door(
    torchserve: str, home: Path, *options: str, host: str = "127.0.0.1", **settings: str
) -> Iterator[str]:
    """Its address. home: where TorchServe's tokens and, unless a setting says otherwise, the rows
    are. options: of the command line. host: where it listens."""
    with front_process(torchserve, home, *options, host=host, **settings) as (url, process):
        yield url
        assert process.poll() is None


@contextmanager
def front_process(
    torchserve: str, home: Path, *options: str, host: str = "127.0.0.1", **settings: str
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The same with its process, which the block may end."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    settings = {"FUNDOCR_FRONT_ADDRESS": f"{host}:{port}", **settings}
    process = subprocess.Popen(
        [*command(torchserve), *options],
        cwd=PROJECT,
        env=environment(home, **settings),
        text=True,
    )
    try:
        wait_until(lambda: is_alive(url) or process.poll() is not None)
        assert process.poll() is None
        yield url, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


@contextmanager
def lone_front(
    home: Path, *options: str, host: str = "127.0.0.1", **settings: str
) -> Iterator[str]:
    """The same with an empty SQLite table in `home`, before a port where nobody listens."""
    upgrade(database_url(home))
    (nobody,) = free_ports(1)
    address = f"http://127.0.0.1:{nobody}"
    options = ("--management", address, *options)
    with front_door(address, home, *options, host=host, **settings) as url:
        yield url


def database_url(home: Path) -> str:
    return f"sqlite:///{home}/var/fundocr.db"


def exchange(url: str, data: bytes, *, until: bytes = b'"request_id"') -> bytes:
    """Send exactly these bytes and return what comes back, up to the end or to `until`."""
    host, port = url.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=60) as talk:
        talk.sendall(data)
        while until not in answer and (part := talk.recv(65536)):
            answer += part
        return answer
