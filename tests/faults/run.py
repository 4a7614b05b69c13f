"""One kind of fault, again and again under load, and what came of it."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from tests.faults.faults import Fault
from tests.faults.ledger import Findings, Outcome, counts
from tests.faults.load import CLIENTS, PAUSE, Load
from tests.faults.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """requests: how many came out how. recoveries: of each time (s). codes: errors that came back;
    foreign: those that must not. findings: what is wrong in the table.
    """

    fault: Fault
    requests: Counter[Outcome]
    recoveries: tuple[float, ...]
    codes: Counter[str]
    foreign: Counter[str]
    findings: Findings

    @property
    def is_right(self) -> bool:
        """Nothing lost, double or changed, and no code that is not told."""
        return not self.findings and not self.foreign

    @property
    def misses(self) -> list[str]:
        """What is not as it must be, in a few words each."""
        found = [f"{len(self.findings.lost)} lost"] * bool(self.findings.lost)
        found += [f"{len(self.findings.double)} double"] * bool(self.findings.double)
        found += [f"{len(self.findings.changed)} changed"] * bool(self.findings.changed)
        found += [f"foreign: {code}" for code in self.foreign]
        late = [f"{one:.1f} s" for one in self.recoveries if one > self.fault.within]
        found += [f"later than {self.fault.within:g} s: {', '.join(late)}"] * bool(late)
        hurt = self.requests[Outcome.FAILED] + self.requests[Outcome.UNKNOWN]
        found += ["no request noticed it"] * (self.fault.is_noticed and not hurt)
        found += ["it hurt requests"] * (self.fault.is_harmless and hurt > 0)
        return found


def run(place: Place, fault: Fault, clients: int = CLIENTS, pause: float = PAUSE) -> Result:
    """Let it strike as often as it says, each time as soon as the service is well again. pause: of
    each client after an answer (s)."""
    book = place.book
    begun = len(book.entries)
    book.codes, book.foreign, book.is_cut_off = Counter(), Counter(), fault.cuts_off
    recoveries = []
    with Load(place.world, clients, pause=pause), ExitStack() as place.ends:
        place.recovered(time.monotonic())  # all clients are at work
        for number in range(fault.times):
            ended = fault.strike(place, number)
            # Where nothing is refused, a client's next picture waits behind its own.
            recoveries.append(place.recovered(ended, by_another=fault.is_harmless))
            time.sleep(fault.rest)
    return Result(
        fault=fault,
        requests=counts(book.entries[begun:]),
        recoveries=tuple(recoveries),
        codes=book.codes,
        foreign=book.foreign,
        findings=place.findings(),
    )
