"""What is done to a service: each fault strikes, and returns the moment at which it has ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.load import Load
from tests.faults.place import Place
from tests.serve.waiting import wait_until

# Targets: so long (s) after the end of a fault a new picture is answered.
SOON, SOON_FOR_A_WORKER = 5.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """strike: does it for the nth time and undoes it; the moment (monotonic, s) of its end, which
    for a restart is that of READY. within: how soon (s) a new picture must be answered then.

    cuts_off: connections to the front door are lost. is_noticed: some requests must fail, or the
    fault was none. is_harmless: none may. rest: between two of them (s).
    """

    name: str
    times: int
    strike: Callable[[Place, int], float]
    within: float = SOON
    cuts_off: bool = False
    is_noticed: bool = False
    is_harmless: bool = False
    rest: float = 1.0


def worker_killed(times: int) -> Fault:
    """SIGKILL to the worker that reads; every third time to the corrections' too."""

    def strike(place: Place, number: int) -> float:
        place.kill_worker("ocr_handler")
        if number % 3 == 2:
            place.kill_worker("ocr_info_update")
        return time.monotonic()

    return Fault(
        name="worker kill -9", times=times, strike=strike, within=SOON_FOR_A_WORKER, rest=0.5
    )


def database_killed(times: int, away: float = 1.0) -> Fault:
    """SIGKILL to MariaDB; started again after `away` seconds."""

    def strike(place: Place, _: int) -> float:
        assert place.server is not None
        place.server.kill()
        time.sleep(away)
        _wait_noticed(place)
        place.server.start()
        return time.monotonic()

    name = "database kill -9" if away < 10 else f"database away for {away:g} s"
    return Fault(name=name, times=times, strike=strike, is_noticed=True)


def torchserve_restarted(times: int) -> Fault:
    """SIGKILL to TorchServe's Java; the service starts it again."""

    def strike(place: Place, _: int) -> float:
        place.kill_torchserve()
        place.wait_ready()
        return time.monotonic()

    return Fault(name="TorchServe restart", times=times, strike=strike, is_noticed=True)


def front_restarted(times: int) -> Fault:
    """SIGKILL to the front door; the service starts it again."""

    def strike(place: Place, _: int) -> float:
        place.kill_front()
        place.wait_ready()
        return time.monotonic()

    return Fault(
        name="front door restart", times=times, strike=strike, cuts_off=True, is_noticed=True
    )


def commit_cut_off(times: int) -> Fault:
    """The connection is lost after COMMIT was sent and carried out, before its answer came."""

    def strike(place: Place, _: int) -> float:
        proxy = place.proxy
        assert proxy is not None
        before = proxy.cuts
        proxy.cut_next_commit()
        wait_until(lambda: proxy.cuts > before)
        return time.monotonic()

    return Fault(name="cut off after COMMIT", times=times, strike=strike, rest=0.5)


def database_read_only(times: int, seconds: float = 3.0) -> Fault:
    """The server takes no writes, as after a failover, and then takes them again."""

    def strike(place: Place, _: int) -> float:
        assert place.server is not None
        place.server.execute("SET GLOBAL read_only = 1")
        time.sleep(seconds)
        _wait_noticed(place)
        place.server.execute("SET GLOBAL read_only = 0")
        return time.monotonic()

    return Fault(name="read-only failover", times=times, strike=strike, is_noticed=True)


def database_slow(times: int, delay: float = 0.3, seconds: float = 10.0) -> Fault:
    """Everything that the database says comes `delay` seconds later."""

    def strike(place: Place, _: int) -> float:
        assert place.proxy is not None
        place.proxy.delay = delay
        time.sleep(seconds)
        place.proxy.delay = 0.0
        return time.monotonic()

    return Fault(name=f"database slow by {delay:g} s", times=times, strike=strike)


def database_stalled(times: int, seconds: float = 12.0) -> Fault:
    """The database takes what is said, and says nothing for longer than a statement may take."""

    def strike(place: Place, _: int) -> float:
        assert place.proxy is not None
        with place.proxy.stalled():
            time.sleep(seconds)
        return time.monotonic()

    return Fault(name="database stands still", times=times, strike=strike, is_noticed=True)


def queue_full(times: int, clients: int = 64, seconds: float = 5.0) -> Fault:
    """So many more clients at once that TorchServe's queue would be full: they wait for their turn
    at the front door, and all are answered."""

    def strike(place: Place, _: int) -> float:
        burst = place.ends.enter_context(Load(place.world, clients, only_new=True))
        time.sleep(seconds)
        burst.ask_no_more()
        return time.monotonic()

    return Fault(name="full queue", times=times, strike=strike, is_harmless=True)


def disk_full_for_logs(times: int, seconds: float = 5.0) -> Fault:
    """No byte is left for the service's logs: it goes on answering."""
    return Fault(
        name="full disk for logs",
        times=times,
        strike=lambda place, _: _with_full_disk(place, seconds),
        is_harmless=True,
    )


def disk_full_for_sqlite(times: int, seconds: float = 5.0) -> Fault:
    """No byte is left for the SQLite file."""
    return Fault(
        name="full disk for SQLite",
        times=times,
        strike=lambda place, _: _with_full_disk(place, seconds),
        is_noticed=True,
    )


def _wait_noticed(place: Place) -> None:
    """Return when a request of this run has failed: on a busy machine a second may see none."""
    wait_until(lambda: place.book.codes)


def _with_full_disk(place: Place, seconds: float) -> float:
    assert place.disk is not None
    place.disk.fill()
    assert place.disk.is_full()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
        place.disk.fill()  # what others have given back
    place.disk.free()
    return time.monotonic()
