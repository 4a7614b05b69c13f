"""`python -m evals.bench.host FOLDER`: a picture host on loopback, light enough not to count.

`/NUMBER/FILE` is that file of the folder with bytes that no other number has (unique.py).
Prints its port and serves until it is ended.
"""

import asyncio
import struct
import sys
from pathlib import Path
from typing import cast
from zlib import crc32

# Any number of files with the same pixels and different bytes.
#
# The service recognises the same bytes under another link without reading them again, so a load of
# pictures that were never seen needs bytes that were never seen.

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER_END = len(_PNG_START) + 25
_JPEG_START = b"\xff\xd8"


def split(content: bytes) -> tuple[bytes, bytes]:
    """A PNG or JPEG file, cut where a comment may stand; ValueError for another kind."""
    if content.startswith(_PNG_START):
        return content[:_PNG_HEADER_END], content[_PNG_HEADER_END:]
    if content.startswith(_JPEG_START):
        return content[:2], content[2:]
    raise ValueError("neither PNG nor JPEG")


def comment(start: bytes, number: int) -> bytes:
    """What makes the file of `start` (the first part of `split`) the one with this number: a PNG
    text chunk with its CRC, or a JPEG comment; decoders pass over both.
    """
    text = str(number).encode()
    if start.startswith(_PNG_START):
        body = b"tEXtbench\0" + text
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", crc32(body))
    return b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text


def unique(content: bytes, number: int) -> bytes:
    """The same picture with other bytes than for any other number."""
    start, rest = split(content)
    return start + comment(start, number) + rest


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
