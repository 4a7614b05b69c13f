"""A backfill on Ray, whatever dies and wherever it does not run. That it reads what others read is
tried in test_three_ways.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from evals.testbed.mariadb import MariaDB
from tests.bulk.backfills import (
    Row,
    Tap,
    backfill,
    done,
    environment,
    host_of,
    kill,
    listed,
    processes_of,
    report,
    running,
    wait_for_rows,
)
from tests.bulk.books import findings
from tests.bulk.nodes import NO_IDLE_WORKERS, Nodes
from tests.faults.pictures import Pictures
from tests.faults.table import kept_rows
from tests.serve.waiting import wait_until
from tests.trial import share_compiled

LOCAL = ("--url-type", "7min_local")


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """A home whose processes are this test's."""
    own = tmp_path / "home"
    share_compiled(own)
    return own


def test_a_driver_that_is_killed_takes_its_cluster_along_and_the_next_run_goes_on(
    own_home: Path, tmp_path: Path, strips: Pictures, database_url: str
) -> None:
    routes = {f"/{number}.png": strips.content(number) for number in range(24)}
    tap = Tap(routes, 16)
    with host_of(tap.serving()) as host:
        urls = [host.url(path) for path in routes]
        links = listed(tmp_path / "links.txt", urls)
        settings = environment(own_home, [host], database_url) | NO_IDLE_WORKERS
        on_ray = ("--ray", "local", "--readers", "1", "--batch", "4")
        command = (links, *LOCAL, *on_ray, "--out", tmp_path / "r.csv")
        with running(*command, settings=settings) as process:
            wait_for_rows(database_url, 8, process)
            assert_no_telemetry(own_home, process.pid)
            kill(process)
        wait_until(lambda: processes_of(own_home) == [])
        stored = {row.identity for row in kept_rows(database_url)}
        assert 8 <= len(stored) <= 16
        host.requests.clear()
        tap.open()
        # Without Ray: what is stored and what is not, is told by the table.
        done(links, *LOCAL, "--batch", "4", "--out", tmp_path / "r.csv", settings=settings)
        assert {host.url(asked.path) for asked in host.requests} == set(urls) - stored
    wait_until(lambda: processes_of(own_home) == [])
    shown = {url: strips.shows(number) for number, url in enumerate(urls)}
    rows = report(tmp_path / "r.csv")
    assert not findings(rows, urls, database_url, shown)
    assert {row["flag"] for row in rows} == {"true"}


def assert_no_telemetry(home: Path, driver: int) -> None:
    """Of all that Ray has started there, nobody sends anything home or shows a page."""
    ours = [one for one in processes_of(home) if one.pid != driver]
    assert any("raylet" in one.name() for one in ours)
    assert {one.environ().get("RAY_USAGE_STATS_ENABLED") for one in ours} == {"0"}
    pages = [one for one in ours if any("dashboard/dashboard.py" in w for w in one.cmdline())]
    assert all("--disable-frontend" in one.cmdline() for one in pages)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "auto", "nonsense"])
def test_an_address_without_a_cluster_is_told(
    address: str, home: Path, tmp_path: Path, database_url: str
) -> None:
    links = listed(tmp_path / "links.txt", ["https://a.example.com/1.png"])
    settings = environment(home, [], database_url) | {"RAY_TMPDIR": str(tmp_path)}
    code, _, error = backfill(links, "--ray", address, settings=settings)
    assert code == 1
    assert error.startswith(("No Ray cluster was reached at", "Run this on a machine of the"))
    assert len(error.splitlines()) == 1


def test_several_machines_need_a_database_that_all_of_them_reach(
    home: Path, tmp_path: Path, nodes: Nodes
) -> None:
    links = listed(tmp_path / "links.txt", ["https://a.example.com/1.png"])
    settings = environment(home, [], f"sqlite:///{tmp_path}/fundocr.db")
    code, _, error = backfill(links, "--ray", nodes.address, settings=settings)
    assert code == 1
    assert error.startswith("The cluster has 2 machines and SQLite is a file of one: set ")
    assert len(error.splitlines()) == 1


def test_a_cluster_without_room_is_told_before_anything_is_read(
    home: Path, tmp_path: Path, nodes: Nodes, database_url: str
) -> None:
    links = listed(tmp_path / "links.txt", ["https://a.example.com/1.png"])
    settings = environment(home, [], database_url)
    command = (links, "--ray", nodes.address, "--threads", "2")
    code, _, error = backfill(*command, settings=settings)
    assert code == 1
    assert error.startswith("The Ray cluster has no room: a reader asks for 2 CPUs of one machine")
    assert len(error.splitlines()) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """A run that lost a reader of one machine and the whole of the other, and what it left."""

    urls: Sequence[str]
    rows: Sequence[Row]
    reader: psutil.Process
    database_url: str


@pytest.fixture(scope="module")
def survived(
    home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    strips: Pictures,
    cluster: Nodes,
    mariadb: MariaDB,
) -> Iterator[Survived]:
    cluster.complete()
    folder, database_url = tmp_path_factory.mktemp("died"), mariadb.new_database(upgraded=True)
    routes = {f"/{number}.png": strips.content(number) for number in range(60)}
    tap = Tap(routes, 28)
    with host_of(tap.serving()) as host:
        urls = [host.url(path) for path in routes]
        links = listed(folder / "links.txt", urls)
        # Those who wait at the tap do not give up, and the turns of the dead are not missed.
        settings = environment(home, [host], database_url) | {"FUNDOCR_FETCH_SECONDS": "60"}
        command = (links, *LOCAL, "--ray", cluster.address, "--batch", "4", "--per-host", "32")
        with running(*command, "--out", folder / "r.csv", settings=settings) as process:
            both = (cluster.first, cluster.second)
            wait_until(lambda: all(map(cluster.readers, both)), 300)
            wait_for_rows(database_url, 8, process)
            (reader,) = cluster.readers(cluster.first)
            reader.kill()
            cluster.kill_second()
            tap.open()
            _, said = process.communicate(timeout=600)
            assert process.returncode == 0, said
    yield Survived(
        urls=urls,
        rows=report(folder / "r.csv"),
        reader=reader,
        database_url=database_url,
    )


@pytest.mark.drill
def test_readers_and_a_whole_machine_die_and_nothing_is_lost_or_double(
    survived: Survived, strips: Pictures
) -> None:
    assert not survived.reader.is_running()
    shown = {url: strips.shows(number) for number, url in enumerate(survived.urls)}
    assert not findings(survived.rows, survived.urls, survived.database_url, shown)
    assert {row["flag"] for row in survived.rows} == {"true"}
    assert len(kept_rows(survived.database_url)) == len(survived.urls)
