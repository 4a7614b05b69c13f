"""New screens per second through the shipped proxy: one machine of one core, and two, in turn."""

import json
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from statistics import median
from urllib.parse import urlsplit

from evals.bench.report import Target, say
from tests.faults.ledger import Values
from tests.machines.cluster import Cluster
from tests.machines.machine import Machine
from tests.machines.pictures import Screens
from tests.surface.nginx import Nginx

# Two batches for each of two machines: while one is read the next one waits.
CLIENTS = 32
LEAST = 1.7
# Before a round counts, so that all clients are at work and batches are full (s).
_BEFORE_S = 4.0


@dataclass(slots=True, kw_only=True)
class Round:
    """seconds: how long it counted. answers: that came within. wrong: of all of them. own_seconds:
    processor time of clients and picture host; busy_seconds: of the machines, within."""

    seconds: float = 0.0
    answers: int = 0
    wrong: list[str] = field(default_factory=list)
    own_seconds: float = 0.0
    busy_seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def speed(cluster: Cluster, pictures: Screens, *, rounds: int, seconds: float) -> list[Target]:
    """Each round one machine, then two, the next round the other way round."""
    machines = cluster.machines
    done: dict[int, list[Round]] = {1: [], 2: []}
    with cluster.behind(machines[:1]) as one, cluster.behind(machines[:2]) as two:
        proxies = {1: one, 2: two}
        for number in range(rounds):
            for many in (1, 2) if number % 2 == 0 else (2, 1):
                found = _round(cluster, proxies[many], machines[:many], pictures, seconds)
                say(
                    f"  {many} machine(s): {found.rate:.2f} screens/s; of {os.cpu_count()} cores "
                    f"the machines took {found.busy_seconds / found.seconds:.2f}, clients and "
                    f"picture host {found.own_seconds / found.seconds:.2f}"
                )
                done[many].append(found)
    rates = {many: [found.rate for found in some] for many, some in done.items()}
    ratio = sum(rates[2]) / sum(rates[1])
    wrong = [text for some in done.values() for found in some for text in found.wrong]
    own = median(found.own_seconds / found.seconds for found in done[2])
    return [
        Target(
            key="speed",
            target=f"two machines of one core and thread ≥ {LEAST:g} × one",
            measured=(
                f"{ratio:.2f}: {_told(rates[2])} beside {_told(rates[1])} screens/s, "
                f"{rounds} rounds of {seconds:g} s in turn, {CLIENTS} clients "
                f"({own:.2f} cores for clients and picture host)"
            ),
            met=ratio >= LEAST,
            numbers={"one": rates[1], "two": rates[2], "ratio": ratio, "clients_cores": own},
        ),
        Target(
            key="speed: right",
            target="every screen read right meanwhile",
            measured=f"{len(wrong)} wrong of {sum(f.answers for s in done.values() for f in s)}",
            met=not wrong,
            numbers={"wrong": wrong[:20]},
        ),
    ]


def _round(
    cluster: Cluster,
    proxy: Nginx,
    machines: Sequence[Machine],
    pictures: Screens,
    seconds: float,
) -> Round:
    found = Round()
    lock, over, answered = threading.Lock(), threading.Event(), [0]
    context = proxy.context()

    def client() -> None:
        place = urlsplit(proxy.url)
        assert place.hostname is not None
        talk = HTTPSConnection(place.hostname, place.port, timeout=150, context=context)
        headers = {"Authorization": f"Bearer {cluster.key}", "Content-Type": "application/json"}
        while not over.is_set():
            path, shows = pictures.next_screen()
            body = json.dumps({"image_url": cluster.host.url(path), "url_type": "7min_local"})
            talk.request("POST", "/ocr_handler", body, headers)
            answer = talk.getresponse()
            wrong = _wrong(path, answer.status, answer.read(), shows)
            with lock:
                answered[0] += 1
                found.wrong += wrong
        talk.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        working = [pool.submit(client) for _ in range(CLIENTS)]
        time.sleep(_BEFORE_S)
        before, busy = answered[0], sum(one.processor_seconds() for one in machines)
        own, begun = time.process_time(), time.monotonic()
        time.sleep(seconds)
        found.seconds = time.monotonic() - begun
        found.answers = answered[0] - before
        found.own_seconds = time.process_time() - own
        found.busy_seconds = sum(one.processor_seconds() for one in machines) - busy
        over.set()
        for one in working:
            one.result()
    return found


def _wrong(path: str, status: int, body: bytes, shows: Values) -> list[str]:
    data = json.loads(body).get("data") if status == 200 else None
    if data and (data["fund_code"], data["hold_share"]) == shows:
        return []
    return [f"{path}: {status} {body[:120]!r}"]


def _told(rates: Sequence[float]) -> str:
    return f"{sum(rates) / len(rates):.2f} ({min(rates):.2f}–{max(rates):.2f})"
