"""A TCP proxy that loses a connection at the worst moment: after COMMIT was carried out, before
its answer arrives.
"""

import select
import socket
import threading
from types import TracebackType

_COMMIT = b"\x03COMMIT"  # MySQL's COM_QUERY with this text


class CuttingProxy:
    """`with CuttingProxy(port) as proxy:` listens on `proxy.port` for the server at `port`.

    proxy.cut_next_commit(): the next COMMIT is forwarded, its answer is not; proxy.cuts counts.
    """

    def __init__(self, server_port: int) -> None:
        self.cuts = 0
        self._armed = False
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
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            while True:
                for end in select.select([client, server], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    if end is server:
                        client.sendall(data)
                        continue
                    server.sendall(data)
                    if self._armed and _COMMIT in data:
                        self._armed = False
                        server.recv(65536)
                        self.cuts += 1
                        return
