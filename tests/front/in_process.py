"""A front door in the process of the tests: the application that `python -m front` serves, on a
socket of its own, started in some hundredths of a second.

What only a process has is not tried by it: signals, and that a stop waits for what is in flight.
"""

import asyncio
import os
import socket
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest
import uvloop
from sanic import Sanic
from sanic.server.async_server import AsyncioServer
from sanic.server.protocols.http_protocol import HttpProtocol

from db.upgrade import upgrade
from front.app import App, create_app
from pipeline.settings import Settings, load_settings
from serving.ports import free_ports
from serving.torchserve import TorchServeAddress
from tests.front.front_process import environment

T = TypeVar("T")
_SECONDS = 60
"""To start or to stop; only a broken one takes as long."""


@contextmanager
def front_in_process(
    torchserve: str,
    home: Path,
    *,
    management: str = "http://127.0.0.1:8081",
    metrics: str = "http://127.0.0.1:8082",
    local_key: bytes | None = None,
    **settings: str | None,
) -> Iterator[str]:
    """Its address. home: where TorchServe's tokens and, unless a setting says otherwise, the rows
    are. settings: FUNDOCR_*, read as a process of its own would read them."""
    app = create_app(
        _settings(home, **settings),
        TorchServeAddress(inference=torchserve, management=management, metrics=metrics),
        local_key=local_key,
    )
    Sanic.unregister_app(app)  # or there could be one of this name in a process
    # When its first application starts, Sanic writes its classes anew without the signals that
    # nobody listens to. It does so once in a process, and ours are all alike.
    app.config.TOUCHUP = not getattr(HttpProtocol, "__touched__", False)
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening, _served(app, listening):
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        app.ctx.engine.dispose()


@contextmanager
def lone_front_in_process(home: Path, **options: Any) -> Iterator[str]:
    """The same with SQLite's tables in `home`, before a port where nobody listens."""
    new_database(home)
    (nobody,) = free_ports(1)
    address = f"http://127.0.0.1:{nobody}"
    with front_in_process(address, home, management=address, **options) as url:
        yield url


def new_database(home: Path) -> None:
    """Where a front door of this home looks for its rows: the tables, and nothing in them; what is
    there already stays."""
    (home / "var").mkdir(parents=True, exist_ok=True)
    if not (home / "var" / "fundocr.db").exists():
        (home / "var" / "fundocr.db").write_bytes(_empty_database())


@cache
def _empty_database() -> bytes:
    """Migrated once: each migration takes longer than a front door."""
    with tempfile.TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/empty.db")
        return Path(folder, "empty.db").read_bytes()


def _settings(home: Path, **settings: str | None) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("FUNDOCR_"):
                patch.delenv(name)
        for name, text in environment(home, **settings).items():
            patch.setenv(name, text)
        return load_settings()


@contextmanager
def _served(app: App, listening: socket.socket) -> Iterator[None]:
    """By a loop as in `python -m front`, in a thread of its own."""
    loop = uvloop.new_event_loop()
    thread = Thread(target=loop.run_forever, name="front", daemon=True)
    thread.start()

    def done(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(_SECONDS)

    try:
        server = done(_started(app, listening))
        try:
            yield
        finally:
            done(_stopped(server))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()


async def _started(app: App, listening: socket.socket) -> AsyncioServer:
    server = await app.create_server(
        sock=listening, return_asyncio_server=True, asyncio_server_kwargs={"start_serving": False}
    )
    assert server is not None
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    return server


async def _stopped(server: AsyncioServer) -> None:
    """As Sanic does it; nobody waits for an answer any more, so none is waited for."""
    await server.before_stop()
    server.server.close()
    for connection in list(server.connections):
        connection.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await server.after_stop()
