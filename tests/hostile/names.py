"""A name server that says what the attacker wants."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

_PORT = 53
_A, _AAAA = 1, 28
_NO_SUCH_NAME = 3

# A name → its addresses; None: there is no such name. Silence: no answer ever comes.
Names: TypeAlias = Callable[[str], Sequence[str] | None]


class Silence(Exception):
    """Raised by Names where the server is not to answer."""


class NameServer:
    """Answers A and AAAA on 127.0.0.1:53; each lookup asks `names` once, for both kinds.

    asked: the names that were looked up, in order.
    """

    def __init__(self, names: Names = lambda name: None) -> None:
        self.names = names
        self.asked: list[str] = []
        self._last: dict[str, Sequence[str] | None] = {}

    def answer(self, query: bytes) -> bytes | None:
        """The answer to one message; None: there is none."""
        name, end = _name(query)
        (kind,) = struct.unpack_from(">H", query, end)
        # A resolver that wants both kinds asks for A first.
        if kind == _A or name not in self._last:
            self.asked.append(name)
            try:
                self._last[name] = self.names(name)
            except Silence:
                return None
        known = self._last.get(name)
        wanted = IPv4Address if kind == _A else IPv6Address
        records = [
            b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(one.packed)) + one.packed
            for one in map(ip_address, known or ())
            if isinstance(one, wanted) and kind in (_A, _AAAA)
        ]
        flags = 0x8580 | (_NO_SUCH_NAME if known is None else 0)
        head = query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return head + query[12 : end + 4] + b"".join(records)


def _name(query: bytes) -> tuple[str, int]:
    """The name of the first question, and where it ends."""
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode("latin-1").lower())
        position += 1 + length
    return ".".join(labels), position + 1


@contextmanager
def name_server() -> Iterator[NameServer]:
    """It answers until the block ends."""
    server = NameServer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", _PORT))

        def serve() -> None:
            while True:
                query, peer = sock.recvfrom(4096)
                if not peer[1] or len(query) < 17:
                    return
                answer = server.answer(query)
                if answer is not None:
                    sock.sendto(answer, peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        # What is no question ends it.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", _PORT))
        thread.join()
