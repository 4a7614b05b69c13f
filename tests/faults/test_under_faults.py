"""A short run of what `make faults` does for a quarter of an hour: one service, 16 clients, a few
faults of most kinds. How soon it is well again is measured there, not here.
"""

import math
from collections.abc import Iterator

import pytest

from tests.db.cutting_proxy import CuttingProxy
from tests.faults import faults
from tests.faults.faults import Fault
from tests.faults.ledger import Findings, Outcome
from tests.faults.pictures import Pictures
from tests.faults.place import Place, place
from tests.faults.run import run
from tests.mariadb import MariaDB
from tests.picture_host import picture_host

FAULTS = (
    faults.worker_killed(2),
    faults.database_killed(2),
    faults.commit_cut_off(2),
    faults.database_read_only(1),
    faults.front_restarted(1),
    faults.torchserve_restarted(1),
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service with a database of its own, which it reaches through a proxy."""
    with (
        picture_host(Pictures()) as host,
        MariaDB() as server,
        CuttingProxy(server.port) as proxy,
    ):
        home, url = tmp_path_factory.mktemp("faults"), server.new_database(upgraded=True)
        with place(home, host, url, server=server, proxy=proxy) as found:
            yield found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_double_or_changed(here: Place, fault: Fault) -> None:
    result = run(here, fault)
    assert result.findings == Findings()
    assert result.foreign == {}
    assert len(result.recoveries) == fault.times
    assert all(math.isfinite(seconds) for seconds in result.recoveries)
    assert result.requests[Outcome.OK] > 0
    if fault.is_noticed:
        assert result.requests[Outcome.FAILED] + result.requests[Outcome.UNKNOWN] > 0
