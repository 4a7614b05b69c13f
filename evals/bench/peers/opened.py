"""Starts all peers, each at its best setting."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from evals.bench.database import Database
from evals.bench.peers.paddlex import PaddleX
from evals.bench.peers.plain import RAPIDOCR, RAPIDOCR_TINY, TODAY, Plain
from evals.bench.peers.venvs import python_of
from evals.bench.pictures import Pictures, some
from evals.bench.report import say
from evals.bench.rounds import one_round
from evals.bench.system import Host
from pipeline.settings import PROJECT

PEERS = (TODAY.name, PaddleX.name, RAPIDOCR.name, RAPIDOCR_TINY.name)
CHOSEN = PROJECT / "var" / "bench" / "sides.json"
TRIED_ON = 8

Peer = Plain | PaddleX


@contextmanager
def opened_peers(
    names: Sequence[str], host: Host, database: Database, pictures: Pictures, *, choose: bool
) -> Iterator[list[Peer]]:
    """The peers of these names, running.

    choose: try each with the longest side limited to 960 and with its own default, and keep the
    faster one that reads no worse; else what was chosen last, or 960.
    """
    makers: dict[str, Callable[[Path], Peer]] = {
        TODAY.name: lambda _: Plain(TODAY, sys.executable, database),
        PaddleX.name: lambda folder: PaddleX(python_of("paddlex"), folder),
        RAPIDOCR.name: lambda _: Plain(RAPIDOCR, python_of("rapidocr"), database),
        RAPIDOCR_TINY.name: lambda _: Plain(RAPIDOCR_TINY, python_of("rapidocr"), database),
    }
    folder = PROJECT / "var" / "bench" / "paddlex"
    with ExitStack() as stack:
        wanted = [makers[name] for name in names if name in makers]
        running: list[Peer] = []
        for make in wanted:
            peer = make(folder)
            stack.enter_context(peer)
            running.append(peer)
        chosen = json.loads(CHOSEN.read_text()) if CHOSEN.is_file() else {}
        for peer in running:
            if choose:
                chosen[peer.name] = _best_side(peer, host, some(pictures, TRIED_ON))
            peer.side = chosen.get(peer.name, "960")
        CHOSEN.write_text(json.dumps(chosen))
        yield running


def _best_side(peer: Peer, host: Host, pictures: Pictures) -> str:
    rates, right = {}, {}
    for side in ("960", "default"):
        peer.side = side
        one_round(peer, host, pictures, clients=1)  # shapes are prepared
        found = one_round(peer, host, pictures, clients=1)
        rates[side] = found.rate
        right[side] = found.verdicts["right"] - 10 * len(found.failures)
        say(f"  {peer.name}, side {side}: {found.rate:.2f}/s, {right[side]}/{len(pictures)} right")
    fitting = [side for side in rates if right[side] >= right["960"]]
    return max(fitting, key=rates.__getitem__)
