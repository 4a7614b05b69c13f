"""A TCP proxy between us and a database server that does what networks do: it loses a connection at
the worst moment, after COMMIT was carried out and before its answer arrives; it is slow; it stalls.
"""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

_COMMIT = b"\x03COMMIT"  # MySQL's COM_QUERY with this text
_WRITES = (b"INSERT INTO ", b"UPDATE ocr_", b"DELETE FROM ")


class CuttingProxy:
    """`with CuttingProxy(port) as proxy:` listens on `proxy.port` for the server at `port`.

    proxy.cut_next_commit(): the next COMMIT of a transaction that has written something is
    forwarded, its answer is not; proxy.cuts counts.
    proxy.delay: what the server says is handed on so many seconds later, each piece by itself.
    proxy.stalled(): in this block nothing the server says is handed on; afterwards all of it is.
    """

    def __init__(self, server_port: int) -> None:
        self.cuts = 0
        self.delay = 0.0
        self._armed = False
        self._flows = threading.Event()
        self._flows.set()
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> "CuttingProxy":
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def cut_next_commit(self) -> None:
        self._armed = True

    @contextmanager
    def stalled(self) -> Iterator[None]:
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._carry, args=[client])
            self._threads.append(thread)
            thread.start()

    def _carry(self, client: socket.socket) -> None:
        # One end that is gone ends the other: each sees what it would see without us.
        with client, suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self._server_port))
            with server:
                self._carry_between(client, server)

    def _carry_between(self, client: socket.socket, server: socket.socket) -> None:
        has_written = False
        while True:
            for end in select.select([client, server], [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                if end is server:
                    time.sleep(self.delay)
                    self._flows.wait()
                    client.sendall(data)
                    continue
                server.sendall(data)
                has_written = has_written or any(write in data for write in _WRITES)
                if _COMMIT not in data:
                    continue
                if self._armed and has_written:
                    self._armed = False
                    server.recv(65536)
                    self.cuts += 1
                    return
                has_written = False
