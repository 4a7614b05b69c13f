"""What clients asked and were told, held against the table. Pure: no service, no clock, no I/O.

Each picture is asked for any number of times and corrected at most once, with values that no other
has (a client sends its correction again until it is told that it is stored). So an answer shows
either what is on the picture or the values of its correction, and never the first again after the
second.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Values: TypeAlias = tuple[str, str]
"""Fund code and hold share, as in an answer."""


class Outcome(StrEnum):
    """ok: answered with 200. failed: answered with an error of ours. unknown: not answered."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request.

    sent, ended: monotonic s. told: the values in an answer that is ok. set_to: the values that a
    correction asks for; None: the picture is to be recognised.
    """

    identity: str
    sent: float
    ended: float
    outcome: Outcome
    told: Values | None = None
    set_to: Values | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One row of the table, with its history.

    read: as it was read. used: what readers of the table use. corrections: the values of each
    correction in its history, in order; others: how many other lines it has.
    """

    identity: str
    read: Values
    used: Values
    corrections: tuple[Values, ...] = ()
    others: int = 0


@dataclass(slots=True, kw_only=True)
class Findings:
    """A sentence for each thing that must not be."""

    lost: set[str] = field(default_factory=set)
    double: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.lost or self.double or self.changed)

    def beside(self, known: "Findings") -> "Findings":
        """What is not among those that are known."""
        return Findings(
            lost=self.lost - known.lost,
            double=self.double - known.double,
            changed=self.changed - known.changed,
        )


def compare(
    entries: Iterable[Entry], rows: Iterable[Kept], shown: Mapping[str, Values]
) -> Findings:
    """Every ok has exactly one equal row, everything else at most one; no answer has changed but
    by a correction. shown: what is to be seen on each picture that was asked for.
    """
    asked: dict[str, list[Entry]] = {}
    for entry in entries:
        asked.setdefault(entry.identity, []).append(entry)
    kept: dict[str, list[Kept]] = {}
    for row in rows:
        kept.setdefault(row.identity, []).append(row)
    found = Findings()
    found.double |= {f"{identity}: nobody asked for this row" for identity in kept.keys() - asked}
    for identity, its_entries in asked.items():
        its_rows = kept.get(identity, [])
        _compare_rows(found, identity, its_entries, its_rows, shown[identity])
        _compare_answers(found, identity, its_entries, shown[identity])
    return found


def counts(entries: Iterable[Entry]) -> Counter[Outcome]:
    """How many requests came out how."""
    return Counter(entry.outcome for entry in entries)


def _compare_rows(
    found: Findings, identity: str, entries: Sequence[Entry], rows: Sequence[Kept], shown: Values
) -> None:
    """The table against what was acknowledged."""
    acknowledged = [entry for entry in entries if entry.outcome is Outcome.OK]
    if not rows:
        if acknowledged:
            found.lost.add(f"{identity}: answered, and not in the table")
        return
    if len(rows) > 1:
        found.double.add(f"{identity}: {len(rows)} rows")
    row = rows[0]
    if row.read != shown:
        found.changed.add(f"{identity}: the row was read as {row.read}, not as {shown}")
    set_to = _set_to(entries)
    was_told = set_to is not None and any(entry.told == set_to for entry in acknowledged)
    if was_told and set_to not in row.corrections:
        found.lost.add(f"{identity}: told to be {set_to}, and the row was not corrected")
    if len(row.corrections) > 1 or row.others:
        found.double.add(f"{identity}: {len(row.corrections)} corrections, {row.others} others")
    if any(values != set_to for values in row.corrections):
        found.changed.add(f"{identity}: corrected to {row.corrections}, asked for was {set_to}")
    used = row.corrections[-1] if row.corrections else shown
    if row.used != used:
        found.changed.add(f"{identity}: the row says {row.used} instead of {used}")


def _compare_answers(
    found: Findings, identity: str, entries: Sequence[Entry], shown: Values
) -> None:
    """The answers against each other."""
    set_to = _set_to(entries)
    told = [entry for entry in entries if entry.outcome is Outcome.OK]
    # A correction may show from the moment when it is first sent. It must show from the moment when
    # somebody has been told its values.
    first_sent = min((entry.sent for entry in entries if entry.set_to), default=float("inf"))
    told_new = [entry.ended for entry in told if set_to is not None and entry.told == set_to]
    settled = min(told_new, default=float("inf"))
    for entry in told:
        if entry.set_to is not None:
            if entry.told != entry.set_to:
                found.changed.add(f"{identity}: corrected to {entry.set_to}, told {entry.told}")
        elif entry.told == shown:
            if entry.sent > settled:
                found.changed.add(f"{identity}: {shown} was told after {set_to}")
        elif entry.told != set_to or entry.ended < first_sent:
            found.changed.add(f"{identity}: told {entry.told} instead of {shown}")


def _set_to(entries: Iterable[Entry]) -> Values | None:
    """The values of the picture's correction."""
    values = {entry.set_to for entry in entries if entry.set_to is not None}
    assert len(values) <= 1, "a picture is corrected to one pair of values"
    return next(iter(values), None)
