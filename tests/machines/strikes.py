"""What is done to one of several machines while clients go on asking: faults as tests.faults runs
them, each returning the moment from which callers must be answered again.

What is undone afterwards is undone under the same load.
"""

import time
from collections.abc import Callable

from tests.faults.faults import Fault
from tests.faults.place import Place
from tests.machines.cluster import Cluster
from tests.machines.machine import Machine
from tests.serve.waiting import wait_until

# A machine's start on a busy one.
_START_S = 180.0


def killed(machine: Machine, away: float, before: Callable[[Place], None]) -> Fault:
    """SIGKILL to all of its processes; started again after `away` seconds. before: called just
    before it."""

    def strike(place: Place, _: int) -> float:
        before(place)
        machine.kill()
        place.ends.callback(machine.start)
        return time.monotonic()

    return Fault(name="machine killed", times=1, strike=strike, rest=away)


def cut_off(machine: Machine, away: float) -> Fault:
    """Nothing reaches it, or comes from it, for `away` seconds: callers, database, pictures."""

    def strike(place: Place, _: int) -> float:
        machine.cable.pull()

        def join() -> None:
            machine.cable.plug()
            wait_until(machine.is_alive, _START_S)
            time.sleep(min(away, 5.0))  # it answers again, under load

        place.ends.callback(join)
        return time.monotonic()

    return Fault(name="machine cut off", times=1, strike=strike, rest=away)


def upgraded(cluster: Cluster, times: int) -> Fault:
    """One machine after the other is stopped in good order, and started with archives of other
    code."""

    def strike(place: Place, number: int) -> float:
        machine = cluster.machines[number % len(cluster.machines)]
        assert machine.stop() == 0
        machine.store = cluster.other_store
        machine.start()
        return time.monotonic()

    return Fault(name="machine upgraded", times=times, strike=strike, within=10.0, is_harmless=True)
