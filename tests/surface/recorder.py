"""A server that writes down what reaches it: what stands behind nginx where only that is asked.

It takes requests apart as carelessly as can be (every line may end with LF, names may have blanks),
so that something smuggled in would be seen as a request of its own.
"""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Seen: 1\r\n\r\nseen\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request. headers: names in lower case; of several of one name the last."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Recorder:
    """url: where it listens. seen: in order of arrival."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)


@contextmanager
def recorder() -> Iterator[Recorder]:
    """Running until the block ends."""
    record = Recorder()

    class Talk(socketserver.StreamRequestHandler):
        timeout = 60

        def handle(self) -> None:
            while (seen := self._read()) is not None:
                record.seen.append(seen)
                self.wfile.write(ANSWER)
                if seen.headers.get("connection", "").lower() == "close":
                    return

        def _read(self) -> Seen | None:
            first = self.rfile.readline().decode("latin-1").split()
            if len(first) < 2:
                return None
            headers: dict[str, str] = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            body = self._body(headers)
            return Seen(method=first[0], target=first[1], headers=headers, body=body)

        def _body(self, headers: dict[str, str]) -> bytes:
            if "chunked" in headers.get("transfer-encoding", ""):
                body = b""
                while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body
            return self.rfile.read(int(headers.get("content-length", 0)))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Talk) as server:
        record.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield record
        finally:
            server.shutdown()
            thread.join()
