"""`make bench`: the service beside its peers and the bound, in one run on one machine.

Prints what each runs with and what it reached, then `target | measured | met or missed` a line;
the same as JSON in var/bench.json. The exit code is 1 on any miss.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from evals.bench import database
from evals.bench.alone import Alone
from evals.bench.archives import require, store_of, unpack
from evals.bench.child import end_after, end_well
from evals.bench.database import Database
from evals.bench.document import write_document
from evals.bench.known import known_links
from evals.bench.lone import lone_caller
from evals.bench.machine import described, machine
from evals.bench.memory import memory, start
from evals.bench.ours import AT_960, Ours
from evals.bench.peers.opened import PEERS, opened_peers
from evals.bench.pictures import mixed, some, usual
from evals.bench.plan import FULL, QUICK
from evals.bench.report import Target, conclude, say
from evals.bench.stages import Worker
from evals.bench.stages import told as parts_told
from evals.bench.system import Host, hosted
from evals.bench.throughput import SMALL, throughput
from ocr.models import PRESETS
from pipeline.settings import PROJECT

REPORT = PROJECT / "var" / "bench.json"
OURS, ALONE = list(PRESETS)[:2]
"""The preset that is served, and the one whose recogniser reads all lines."""
SECTIONS = ("throughput", "one_client", "known", "memory", "start")


def main() -> int:
    """Run the bench; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 6 minutes: fewer and shorter")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="may be repeated")
    parser.add_argument("--peer", action="append", help="only these peers; `none`: without")
    parser.add_argument("--memory-screens", type=int, help="default: 1000, quick 120")
    parser.add_argument("--json", type=Path, default=REPORT, help="default: var/bench.json")
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    end_after(60 * plan.most_minutes)
    require(OURS)
    wanted = options.only or SECTIONS
    details: dict[str, Any] = {"machine": machine(), "plan": plan.name}
    say(described(details["machine"]))
    pictures = some(usual(), plan.pictures)
    sizes = mixed() if "memory" in wanted else ()
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder) / "home"
        archive = unpack(Path(folder) / "archive")
        server = stack.enter_context(database.server())
        host = stack.enter_context(hosted())
        with Ours(home, host, server) as ours:
            first_start = ours.start_seconds
            if "throughput" in wanted:
                names = options.peer or (SMALL, *PEERS)
                with (
                    opened_peers(names, host, server, pictures, choose=plan.choose_sides) as others,
                    again(Path(folder), host, server, names, at_960=plan.at_960) as ours_again,
                    Worker(archive, Path(folder) / "home-worker", host, server) as worker,
                ):
                    peers = [*ours_again, *others]
                    models = archive / "model"
                    found, table, parts = throughput(
                        ours, peers, models, worker, host, pictures, plan
                    )
                targets += found
                details["throughput"], details["profile"] = table, parts
                say("where the time goes")
                say("\n".join(parts_told(parts)))
            if "one_client" in wanted:
                say("one client, with and without the service in turn")
                with Alone(archive / "model", host) as alone:
                    targets.append(lone_caller(ours, alone, host, pictures, plan.lone_times))
            if "known" in wanted:
                say("known links during full load")
                targets.append(
                    known_links(ours, host, pictures, plan.known_seconds, plan.known_turns)
                )
            if "memory" in wanted:
                screens = options.memory_screens or plan.memory_screens
                say(f"memory over {screens} screens")
                targets.append(memory(ours, host, sizes, screens))
        if "start" in wanted:
            say("starts")
            targets.append(start(first_start, lambda: Ours(home, host, server), plan.starts))
    code = conclude(options.json, targets, details)
    if options.json == REPORT and plan is FULL:
        write_document()
    return code


@contextmanager
def again(
    folder: Path, host: Host, server: Database, names: Sequence[str], *, at_960: bool
) -> Iterator[list[Ours]]:
    """Our service beside the first one, with small alone, and at a longest side of 960; each in a
    home of its own, with the first one's settings but for that."""
    with ExitStack() as stack:
        found = []
        if SMALL in names:
            store, home = store_of(ALONE), folder / "home-small"
            small = Ours(home, host, server, name=SMALL, store=store)
            found.append(stack.enter_context(small))
        if at_960:
            wider = Ours(folder / "home-960", host, server, AT_960, name="ours at 960")
            found.append(stack.enter_context(wider))
        yield found


if __name__ == "__main__":
    end_well()
    sys.exit(main())
