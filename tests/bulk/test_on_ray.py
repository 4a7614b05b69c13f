"""A backfill on Ray: the same rows and report, whatever dies."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.bulk.backfills import (
    Crowd,
    backfill,
    done,
    environment,
    host_of,
    kill,
    listed,
    processes_of,
    report,
    started,
    wait_for_rows,
)
from tests.bulk.books import findings
from tests.bulk.nodes import Nodes, two_nodes
from tests.faults.pictures import Pictures, upload_identity
from tests.faults.table import kept_rows
from tests.picture_host import PictureHost
from tests.serve.waiting import wait_until

LOCAL = ("--url-type", "7min_local")
ON_RAY = ("--ray", "local", "--readers", "2")


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A home whose processes are this test's, with the compiled models of all others."""
    own = tmp_path / "home"
    (own / "var").mkdir(parents=True)
    (home / "var" / "cache").mkdir(parents=True, exist_ok=True)
    (own / "var" / "cache").symlink_to(home / "var" / "cache")
    return own


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with two_nodes(cpus=1) as nodes:
        yield nodes


def test_links_and_bad_ones_come_to_the_same_as_in_one_process(
    home: Path, tmp_path: Path, host: PictureHost, nodes: Nodes, database_url: str
) -> None:
    urls = [host.url(f"/{number}.png") for number in range(20)]
    urls += [host.url("/gone.png"), urls[0], "ftp://example.com/x.png"]
    links = listed(tmp_path / "links.txt", urls)
    settings = environment(home, [host], database_url)
    on_both = ("--ray", nodes.address)
    said = done(links, *LOCAL, *on_both, "--out", tmp_path / "ray.csv", settings=settings)
    assert "2 readers on 2 machines\n" in said
    alone = environment(home, [host], f"sqlite:///{tmp_path}/fundocr.db")
    done(links, *LOCAL, "--out", tmp_path / "alone.csv", settings=alone)
    on_ray, in_one = report(tmp_path / "ray.csv"), report(tmp_path / "alone.csv")
    for row in (*on_ray, *in_one):
        assert bool(row.pop("row_id")) == (row["status"] == "200")
    assert on_ray == in_one


def test_files_travel_to_their_readers(
    home: Path, tmp_path: Path, strips: Pictures, nodes: Nodes, database_url: str
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(12):
        (pictures / f"{number:02}.png").write_bytes(strips.content(number))
    (pictures / "broken.png").write_bytes(b"none")
    settings = environment(home, [], database_url)
    command = (pictures, "--ray", nodes.address, "--batch", "4")
    done(*command, "--out", tmp_path / "r.csv", settings=settings)
    rows = report(tmp_path / "r.csv")
    assert rows.pop()["code"] == "NOT_A_PICTURE"
    for number, row in enumerate(rows):
        assert (row["fund_code"], row["hold_share"]) == strips.shows(number)
        assert row["image_url"] == upload_identity(strips.content(number))


def test_a_host_is_asked_for_no_more_at_once_by_all_readers_together(
    home: Path, tmp_path: Path, strips: Pictures, nodes: Nodes, database_url: str
) -> None:
    crowd = Crowd(0.2, full=3)
    routes = {f"/{n}.png": crowd.serving(strips.content(n)) for n in range(48)}
    with host_of(routes) as host:
        links = listed(tmp_path / "links.txt", [host.url(path) for path in routes])
        settings = environment(home, [host], database_url)
        command = (links, *LOCAL, "--ray", nodes.address, "--per-host", "3", "--batch", "8")
        done(*command, "--out", tmp_path / "r.csv", settings=settings)
    assert crowd.most == 3
    assert {row["flag"] for row in report(tmp_path / "r.csv")} == {"true"}


def test_a_driver_that_is_killed_takes_its_cluster_along_and_the_next_run_goes_on(
    own_home: Path, tmp_path: Path, host: PictureHost, strips: Pictures, database_url: str
) -> None:
    urls = [host.url(f"/{number}.png") for number in range(80)]
    links = listed(tmp_path / "links.txt", urls)
    settings = environment(own_home, [host], database_url)
    command = (links, *LOCAL, *ON_RAY, "--batch", "4", "--out", tmp_path / "r.csv")
    process = started(*command, settings=settings)
    wait_for_rows(database_url, 20, process)
    kill(process)
    wait_until(lambda: processes_of(own_home) == [])
    stored = {row.identity for row in kept_rows(database_url)}
    assert 20 <= len(stored) < 80
    host.requests.clear()
    done(*command, settings=settings)
    assert {host.url(asked.path) for asked in host.requests} == set(urls) - stored
    shown = {url: strips.shows(number) for number, url in enumerate(urls)}
    rows = report(tmp_path / "r.csv")
    assert not findings(rows, urls, database_url, shown)
    assert {row["flag"] for row in rows} == {"true"}


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


def test_readers_and_a_whole_machine_die_and_nothing_is_lost_or_double(
    home: Path, tmp_path: Path, host: PictureHost, strips: Pictures, nodes: Nodes, database_url: str
) -> None:
    urls = [host.url(f"/{number}.png") for number in range(150)]
    links = listed(tmp_path / "links.txt", urls)
    settings = environment(home, [host], database_url)
    command = (links, *LOCAL, "--ray", nodes.address, "--batch", "4")
    process = started(*command, "--out", tmp_path / "r.csv", settings=settings)
    wait_for_rows(database_url, 30, process)
    (reader,) = nodes.readers()
    reader.kill()
    wait_for_rows(database_url, 60, process)
    wait_until(lambda: [one.pid for one in nodes.readers()] not in ([], [reader.pid]))
    nodes.kill_second()
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert not psutil.pid_exists(reader.pid)

    shown = {url: strips.shows(number) for number, url in enumerate(urls)}
    rows = report(tmp_path / "r.csv")
    assert not findings(rows, urls, database_url, shown)
    assert {row["flag"] for row in rows} == {"true"}
    assert len(kept_rows(database_url)) == 150


def test_logs_of_the_cluster_name_no_link_no_password_and_no_number(nodes: Nodes) -> None:
    # Of the backfill before, in whatever it was written down.
    logs = [
        file for file in (nodes.folder / "session_latest" / "logs").rglob("*") if file.is_file()
    ]
    text = "".join(file.read_text(errors="replace") for file in logs)
    assert "MapWorker" in text or "RayReader" in text
    for private in ("only-for-tests", ".png", "1234.56", "48211.90"):
        assert private not in text


def test_no_telemetry_is_switched_on(own_home: Path, tmp_path: Path, strips: Pictures) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "0.png").write_bytes(strips.content(0))
    settings = environment(own_home, [], f"sqlite:///{tmp_path}/fundocr.db")
    command = (tmp_path / "pictures", "--ray", "local", "--out", tmp_path / "r.csv")
    process = started(*command, settings=settings)
    wait_until(lambda: any("raylet" in one.name() for one in processes_of(own_home)), 120)
    ours = [one for one in processes_of(own_home) if one.pid not in (process.pid, os.getpid())]
    assert {one.environ().get("RAY_USAGE_STATS_ENABLED") for one in ours} == {"0"}
    pages = [one for one in ours if any("dashboard/dashboard.py" in w for w in one.cmdline())]
    assert all("--disable-frontend" in one.cmdline() for one in pages)
    assert process.wait(120) == 0
    process.communicate()
    wait_until(lambda: processes_of(own_home) == [])
