"""`python -m tests.surface.attacks NAME PORT AUTHORITY`: one attacker, until his input ends.

He comes from an address of his own and has a caller's key (FUNDOCR_ATTACK_KEY), which is worse than
having none. His process gives way to everybody else's: where he really is, he has a machine of his
own. The last line he prints: {"tries", "second", "statuses": {status: how often}, "cpu": seconds}.
"""

import http.client
import json
import os
import select
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle

from tests.surface.half_open import HalfOpen
from tests.surface.probes import PROBES, send

SOURCE = "127.0.0.66"
CONNECTIONS = 400
BOMB = 5_900_000
# What his line carries (bytes a second): 200 Mbit/s, four bombs. Else he would not show what a bomb
# costs, but how fast this machine takes TLS apart.
LINE = 25_000_000
_FIELD = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'


@dataclass(slots=True, kw_only=True)
class Attack:
    """port: nginx's. second: how many second answers came to one request."""

    port: int
    tls: ssl.SSLContext
    key: str
    tries: int = 0
    second: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def goes_on(self, seconds: float = 0) -> bool:
        """After so long a pause; False when he is to stop."""
        return not select.select([sys.stdin], [], [], seconds)[0]

    def post(self, body: bytes, content_type: str, *, in_chunks: bool = False) -> None:
        """One picture that is none, on a connection of its own, as fast as his line is."""
        begun = time.monotonic()
        talk = http.client.HTTPSConnection(
            "localhost", self.port, timeout=60, context=self.tls, source_address=(SOURCE, 0)
        )
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {self.key}"}
        self.tries += 1
        try:
            sent = iter([body]) if in_chunks else body
            talk.request("POST", "/ocr_handler", sent, headers, encode_chunked=in_chunks)
        except OSError:
            pass  # refused before all of it was sent; the answer may be there
        try:
            self.statuses[talk.getresponse().status] += 1
        except (OSError, http.client.HTTPException):
            self.statuses[0] += 1
        talk.close()
        time.sleep(max(begun + len(body) / LINE - time.monotonic(), 0))


def half_open(attack: Attack) -> None:
    """400 connections all the time: half of them silent, half dripping headers."""
    with HalfOpen(attack.port, attack.tls, SOURCE) as many:
        many.open(CONNECTIONS)
        print("attacking", flush=True)
        while attack.goes_on(0.5):
            many.open(CONNECTIONS - many.drip())
        attack.tries = many.opened


def multipart(attack: Attack) -> None:
    """Forms of 5.9 MB with a hundred thousand fields, one after the other."""
    body = _FIELD * (BOMB // len(_FIELD)) + b"--b--\r\n"
    while attack.goes_on():
        attack.post(body, "multipart/form-data; boundary=b")


def urlencoded(attack: Attack) -> None:
    """The same with `a=1&` 1,475,000 times."""
    body = b"a=1&" * (BOMB // 4)
    while attack.goes_on():
        attack.post(body, "application/x-www-form-urlencoded")


def json_in_chunks(attack: Attack) -> None:
    """JSON of as many bytes, whose length is not told."""
    body = b'{"a": [' + b"1," * (BOMB // 2) + b"1]}"
    while attack.goes_on():
        attack.post(body, "application/json", in_chunks=True)


def smuggling(attack: Attack) -> None:
    """LF for the ends of chunks, Content-Length beside Transfer-Encoding, and their like."""
    for name in cycle(PROBES):
        if not attack.goes_on():
            break
        place = ("127.0.0.1", attack.port)
        told = send(place, PROBES[name], attack.tls, source=SOURCE, quiet=1)
        attack.tries += 1
        attack.second += len(told.statuses) > 1
        attack.statuses.update(told.statuses[:1])


def long_headers(attack: Attack) -> None:
    """20 KB: one header, very many headers, the first line."""
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    kinds = (
        head + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
        head + b"x: y\r\n" * 4_000 + b"\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    for data in cycle(kinds):
        if not attack.goes_on():
            break
        told = send(("127.0.0.1", attack.port), data, attack.tls, source=SOURCE)
        attack.tries += 1
        attack.second += len(told.statuses) > 1
        attack.statuses.update(told.statuses[:1])


ATTACKS: dict[str, Callable[[Attack], None]] = {
    "400 half-open connections": half_open,
    "form bomb, multipart 5.9 MB": multipart,
    "form bomb, urlencoded 5.9 MB": urlencoded,
    "JSON bomb in chunks, 5.9 MB": json_in_chunks,
    "LF chunks, CL+TE and the like": smuggling,
    "headers of 20 KB": long_headers,
}


def main() -> None:
    """Attack until told to stop."""
    name, port, authority = sys.argv[1:]
    os.nice(19)
    attack = Attack(
        port=int(port),
        tls=ssl.create_default_context(cafile=authority),
        key=os.environ["FUNDOCR_ATTACK_KEY"],
    )
    if ATTACKS[name] is not half_open:  # which is, once all are open
        print("attacking", flush=True)
    ATTACKS[name](attack)
    told = {
        "tries": attack.tries,
        "second": attack.second,
        "statuses": dict(attack.statuses),
        "cpu": round(time.process_time(), 2),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
