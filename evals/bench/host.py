"""`python -m evals.bench.host FOLDER`: a picture host on loopback, light enough not to count.

`/NUMBER/FILE` is that file of the folder with bytes that no other number has (unique.py).
Prints its port and serves until it is ended.
"""

import asyncio
import sys
from pathlib import Path
from typing import cast

from evals.bench.unique import comment, split

_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, files: dict[str, tuple[bytes, bytes, bytes]]) -> None:
        self._files = files
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head, self._waiting = self._waiting[:end], self._waiting[end + 4 :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        target = head.split(b" ", 2)[1].decode("ascii")
        _, number, file = target.split("/", 2)
        found = self._files.get(file)
        if found is None or not number.isdecimal():
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        kind, start, rest = found
        start += comment(start, int(number))
        length = len(start) + len(rest)
        closing = b"\r\nconnection: close" in head.lower()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (kind, length, start)
        )
        self._transport.write(rest)
        if closing:
            self._transport.close()


async def _serve(folder: Path) -> None:
    files = {
        str(file.relative_to(folder)): (_TYPES[file.suffix].encode(), *split(file.read_bytes()))
        for file in folder.rglob("*")
        if file.suffix in _TYPES
    }
    server = await asyncio.get_running_loop().create_server(lambda: _Caller(files), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(Path(sys.argv[1])))
