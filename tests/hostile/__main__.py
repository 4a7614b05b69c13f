"""`make hostile`: every hostile link, host and picture against the whole running service.

Prints `attack | tries | result | met or missed` a line, writes the same and every single finding as
JSON, and ends with 1 on a miss. It runs in a network of its own: see `namespace`.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT, Settings
from tests.hostile import hosts, links, pictures, report
from tests.hostile.entrances import NAMES, entrances
from tests.hostile.mutate import mutated
from tests.hostile.namespace import inside, is_inside
from tests.hostile.report import Line
from tests.hostile.stage import Stage, stage
from tests.image.hostile_files import oversized

SEED = 20261126
_PARTS = ("links", "hosts", "pictures", "cuts", "largest", "mutations")
# What a quick run does with: its figures are no measurement.
_QUICK = {"FUNDOCR_FETCH_SECONDS": "2", "FUNDOCR_MAX_BYTES": "2000000"}


def main() -> int:
    """Try everything; 1 when something gave way."""
    parser = argparse.ArgumentParser(prog="tests.hostile", description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, metavar="N", help="pictures")
    parser.add_argument("--seed", type=int, default=SEED, help="of the mutations")
    parser.add_argument("--quick", action="store_true", help="right or wrong only, no figures")
    parser.add_argument("--only", nargs="+", choices=_PARTS, metavar="PART", help=str(_PARTS))
    parser.add_argument("--by", nargs="+", choices=NAMES, default=NAMES, help="of links and hosts")
    parser.add_argument("--json", type=Path, default=PROJECT / "var" / "hostile.json")
    given = parser.parse_args()
    given.only = given.only or [part for part in _PARTS if part != "largest" or not given.quick]
    if not is_inside():
        command = inside([sys.executable, "-m", "tests.hostile", *sys.argv[1:]])
        os.execvp(command[0], command)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    lines: list[Line] = []
    details: dict[str, Any] = {}
    routes = links.routes() | hosts.routes()
    with stage(routes, **(_QUICK if given.quick else {})) as at, hosts.mute_ports():
        for line in _attacks(at, given, details):
            print(line, flush=True)
            lines.append(line)
        whole = at.is_whole()
        line = Line(
            attack="afterwards",
            tries=1,
            result="the same processes are ready" if whole else "not the same processes",
            met=whole,
        )
        print(line, flush=True)
        lines.append(line)
    return report.conclude(given.json, lines, details)


def _attacks(at: Stage, given: argparse.Namespace, details: dict[str, Any]) -> Iterator[Line]:
    with entrances(at, given.by) as ways:
        if "links" in given.only:
            yield from _links(at, ways, details)
        if "hosts" in given.only:
            yield from _hosts(at, ways, given.quick, details)
    service, many = at.service, details.setdefault("pictures", {})
    for part, attack, files, right in (
        ("pictures", "bombs by their header", oversized().items(), (413,)),
        ("pictures", "bombs in what is left out", pictures.harmless(), (200,)),
        ("pictures", "kinds that are not allowed", pictures.other_formats(), (415,)),
        ("cuts", "samples cut at 1 … 99 % and by 2 bytes", pictures.cut_samples(), (422,)),
        ("largest", "as large as allowed, 8 at once", pictures.largest(), ()),
        ("mutations", "mutated pictures", mutated(given.mutations, given.seed), ()),
    ):
        if part in given.only:
            clients = 8 if part == "largest" else 16
            many[attack] = found = pictures.send(service, files, clients)
            yield report.of_pictures(attack, found, right)


def _links(at: Stage, ways: tuple[Any, ...], details: dict[str, Any]) -> Iterator[Line]:
    details["links"] = []
    for finding in links.all_findings(at, ways):
        details["links"].append(finding)
        yield report.of_links(finding)


def _hosts(
    at: Stage, ways: tuple[Any, ...], quick: bool, details: dict[str, Any]
) -> Iterator[Line]:
    settings = Settings(
        fetch_seconds=float(_QUICK["FUNDOCR_FETCH_SECONDS"]) if quick else 5.0,
        max_bytes=int(_QUICK["FUNDOCR_MAX_BYTES"]) if quick else 10 * 1024 * 1024,
    )
    found: list[hosts.Met] = []
    wanted = list(hosts.tries(("7min_local",) if quick else links.URL_TYPES))
    for way in ways:
        # Those that take all of their time side by side, where nobody measures it.
        for is_slow in (True, False):
            found += hosts.meet(
                at,
                way,
                [one for one in wanted if (one.kind == "slow") is is_slow],
                seconds=settings.fetch_seconds,
                clients=8 if quick and is_slow else 1,
            )
    details["hosts"] = found
    yield from report.of_hosts(found, settings.max_bytes, alone=not quick)
    for way in ways:
        codes, growth = hosts.meet_at_once(at, way)
        yield report.of_many(way.name, codes, growth, settings.max_bytes)


if __name__ == "__main__":
    sys.exit(main())
