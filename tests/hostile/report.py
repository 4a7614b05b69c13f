"""`attack | tries | result | met or missed`, a line for each, and the same as JSON."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.hostile.hosts import Met
from tests.hostile.links import Finding
from tests.hostile.pictures import Answered

MOST_OVER_S = 0.5
MORE_THAN_BYTES = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table."""

    attack: str
    tries: int
    result: str
    met: bool

    def __str__(self) -> str:
        verdict = "met" if self.met else "missed"
        return f"{self.attack} | {self.tries} | {self.result} | {verdict}"


def of_links(finding: Finding) -> Line:
    """Target: no connect to where the link may not lead, by both witnesses; the right answer."""
    is_control = finding.attack.startswith("control")
    allowed = f", {finding.connects} to where it may" if finding.connects else ""
    result = (
        f"forbidden connects: {len(finding.by_hook)} by the hook, "
        f"{len(finding.by_listeners)} by the listeners{allowed}; "
        f"{len(finding.wrong)} wrong answers"
    )
    if is_control:
        result = "seen by hook and listeners" if finding.is_clean else "not seen as it is"
    return Line(attack=finding.attack, tries=finding.tries, result=result, met=finding.is_clean)


def of_hosts(found: Sequence[Met], max_bytes: int, *, alone: bool) -> list[Line]:
    """Target: answered by the deadline + 0.5 s, memory growth ≤ the byte limit + 32 MB.

    alone: whether each was asked for by itself; of those that wait for each other no time is held
    against the target.
    """
    kinds: dict[str, list[Met]] = defaultdict(list)
    for one in found:
        kinds[one.kind].append(one)
    lines = []
    for kind, ones in kinds.items():
        over, growth = max(one.over_s for one in ones), max(one.growth for one in ones)
        wrong = sum(not one.is_right for one in ones)
        when = f"{over:.2f} s after" if over > 0 else f"{-over:.2f} s before"
        lines.append(
            Line(
                attack=f"{kind} hosts",
                tries=len(ones),
                result=(
                    f"the last answer {when} the deadline, memory {_mb(growth)}, "
                    f"{wrong} wrong answers"
                ),
                met=(over <= MOST_OVER_S or not alone)
                and growth <= max_bytes + MORE_THAN_BYTES
                and not wrong,
            )
        )
    return lines


def of_many(way: str, codes: Sequence[str], growth: int, max_bytes: int) -> Line:
    """The same limit of memory, for each of those that come together."""
    return Line(
        attack=f"endless bodies at once, {way}",
        tries=len(codes),
        result=f"{', '.join(sorted(set(codes)))}, memory {_mb(growth)}",
        met=set(codes) == {"TOO_MANY_BYTES"} and growth <= len(codes) * max_bytes + MORE_THAN_BYTES,
    )


def of_pictures(attack: str, found: Answered, right: Iterable[int] = ()) -> Line:
    """Target: no worker dies, nothing is answered 5xx. right: the statuses that are, if not all."""
    statuses = {int(code.partition(" ")[0]) for code in found.codes}
    told = ", ".join(f"{count} × {code}" for code, count in sorted(found.codes.items()))
    right = set(right)
    return Line(
        attack=attack,
        tries=found.tries,
        result=f"{told}; {found.deaths} worker deaths, memory {_mb(found.growth)}",
        met=not found.failures and not found.deaths and (not right or statuses <= right),
    )


def _mb(size: int) -> str:
    return f"+{size / 1e6:.0f} MB"


def conclude(file: Path, lines: Sequence[Line], details: dict[str, Any]) -> int:
    """Write all of it as JSON; 1 on a miss, or where nothing was tried."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {**details, "lines": [asdict(line) for line in lines]}
    text = json.dumps(content, ensure_ascii=False, indent=1, default=asdict)
    file.write_text(text + "\n", encoding="utf-8")
    return 0 if lines and all(line.met for line in lines) else 1
