"""Connections that never finish a request: silent ones, and those whose headers drip."""

import socket
import ssl
from types import TracebackType

_START = b"POST /ocr_handler HTTP/1.1\r\nHost: localhost\r\nX-Drip: "


class HalfOpen:
    """Many of them to one port of this machine; every second one has finished its TLS handshake.

    A context manager. source: the address that they come from.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None, source: str = "127.0.0.1") -> None:
        self._place = ("127.0.0.1", port)
        self._tls = tls
        self._source = source
        self._silent: list[socket.socket] = []
        self._dripping: list[socket.socket] = []
        self.opened = 0

    def __enter__(self) -> "HalfOpen":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for talk in (*self._silent, *self._dripping):
            talk.close()

    def open(self, number: int) -> None:
        """So many more."""
        for _ in range(number):
            talk = socket.create_connection(
                self._place, timeout=60, source_address=(self._source, 0)
            )
            self.opened += 1
            if self.opened % 2:
                self._silent.append(talk)
            else:
                if self._tls is not None:
                    talk = self._tls.wrap_socket(talk, server_hostname="localhost")
                talk.sendall(_START)
                self._dripping.append(talk)
            talk.setblocking(False)

    def drip(self) -> int:
        """One more byte of each that has begun; how many are open still, of both kinds."""
        self._silent = [talk for talk in self._silent if _is_open(talk)]
        self._dripping = [talk for talk in self._dripping if _drips(talk)]
        return len(self._silent) + len(self._dripping)


def _drips(talk: socket.socket) -> bool:
    try:
        talk.send(b"x")
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        pass
    except OSError:
        talk.close()
        return False
    return _is_open(talk)


def _is_open(talk: socket.socket) -> bool:
    try:
        is_open = bool(talk.recv(65536))
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return True
    except OSError:
        is_open = False
    if not is_open:
        talk.close()
    return is_open
