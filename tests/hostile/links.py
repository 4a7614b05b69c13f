"""Links that would have a service fetch from where it must not, through all three entrances."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from evals.testbed.picture_host import Behaviour, redirect
from pipeline.settings import PROJECT
from tests.hostile.entrances import Entrance
from tests.hostile.stage import (
    LOCAL_ADDRESS,
    LOCAL_HOST,
    PUBLIC_ADDRESS,
    PUBLIC_HOST,
    SENTINEL_PORT,
    Place,
    Stage,
)

CORPUS: list[dict[str, Any]] = json.loads(
    (PROJECT / "tests" / "fetch" / "hostile_urls.json").read_text("utf-8")
)
URL_TYPES = ("oss", "7min_local")
REBINDINGS = 100
# What answers where a link is let through, on the port that it names.
ALLOWED = {"oss": (PUBLIC_ADDRESS, 80), "7min_local": (LOCAL_ADDRESS, 80)}
HOSTS = {"oss": PUBLIC_HOST, "7min_local": LOCAL_HOST}
PICTURE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()
TARGETS = (
    *("http://127.0.0.1/", "http://[::1]/", "http://localhost:6379/", "http://10.21.0.1/a.png"),
    *("http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://0x7f.1/"),
    *("https://127.0.0.1/", "//127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO"),
    *("http://[::ffff:127.0.0.1]/", "http://pictures.corp.test@127.0.0.1/", "/elsewhere.png"),
)
FORBIDDEN = [
    *(("127.0.0.1", 80), ("127.0.0.1", 6379), ("169.254.169.254", 80), ("10.21.0.1", 3306)),
    *(("::1", 8123), ("fd00:ec2::254", 443), ("192.168.0.1", 22)),
]
_CONNECTS = """
import json, os, socket, sys
print(os.getpid())
for place in json.loads(sys.argv[1]):
    with socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET) as talk:
        talk.connect(tuple(place))
        talk.sendall(b"GET /gone HTTP/1.1\\r\\n\\r\\n")
        talk.recv(1)
"""
_STATUSES = (301, 302, 303, 307, 308)


@dataclass(slots=True, kw_only=True)
class Finding:
    """What came of one kind of attack. JSON-ready.

    wrong: tries that were answered otherwise than expected. by_hook, by_listeners: connects to
    where the try may not lead, as each witness saw them; connects: all that the hook saw.
    """

    attack: str
    tries: int = 0
    wrong: list[str] = field(default_factory=list)
    by_hook: list[str] = field(default_factory=list)
    by_listeners: list[str] = field(default_factory=list)
    connects: int = 0
    lookups: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not (self.wrong or self.by_hook or self.by_listeners)


class Attack:
    """Tries links and notes what both witnesses saw of each."""

    def __init__(self, at: Stage, name: str) -> None:
        self._at = at
        self.finding = Finding(attack=name)
        at.look_away()

    def ask(
        self,
        entrance: Entrance,
        url: str,
        url_type: str,
        *,
        expected: Sequence[str],
        allowed: Sequence[Place] = (),
    ) -> None:
        """expected: the codes that are right. allowed: where this try may connect to."""
        answer = entrance.ask(url, url_type)
        told = f"{entrance.name}, {url_type}: {url[:120]!r}"
        finding = self.finding
        finding.tries += 1
        finding.codes[answer.code] = finding.codes.get(answer.code, 0) + 1
        if answer.code not in expected:
            finding.wrong.append(f"{told}: {answer.code}, not {' or '.join(expected)}")
        self.look(told, allowed)

    def look(self, told: str, allowed: Sequence[Place] = ()) -> None:
        """What the witnesses saw since they were asked last."""
        seen = self._at.connects()
        self.finding.connects += len(seen)
        for places, found in (
            (seen, self.finding.by_hook),
            (self._at.listeners.news(), self.finding.by_listeners),
        ):
            found += [f"{told}: {place}" for place in places if place not in allowed]

    def close(self) -> Finding:
        """Look once more, for what comes late."""
        time.sleep(0.5)
        self.look("afterwards")
        return self.finding


def witnesses(at: Stage) -> Finding:
    """A process that does connect to where nobody may: each witness must see all of it."""
    done = subprocess.run(
        [*at.python, "-c", _CONNECTS, json.dumps(FORBIDDEN)],
        capture_output=True,
        text=True,
        check=True,
    )
    finding = Finding(attack="control: a process that connects to forbidden places", tries=1)
    seen = [(one.address, one.port) for one in at.journal.news(int(done.stdout))]
    for places, found in (
        (sorted(seen), finding.by_hook),
        (at.listeners.news(), finding.by_listeners),
    ):
        if places != sorted(FORBIDDEN):
            found.append(f"{places} and not {sorted(FORBIDDEN)}")
    finding.connects = len(seen)
    return finding


def control(at: Stage, ways: Sequence[Entrance]) -> list[Finding]:
    """Links that are allowed: each witness must see each of them, or he sees nothing at all."""
    found = []
    for way, url_type in product(ways, URL_TYPES):
        place = ALLOWED[url_type]
        at.names.names = {HOSTS[url_type]: [place[0]]}.get
        at.look_away()
        finding = Finding(attack=f"control: {way.name}, {url_type}", tries=1)
        answer = way.ask(f"http://{HOSTS[url_type]}/control.png?{way.name[:5]}", url_type)
        if answer.code != "OK":
            finding.wrong.append(answer.code)
        ways_out = [one for one in at.ways_out() if one.pid == way.pid]
        by_hook = [(one.address, one.port) for one in ways_out if one.kind == "connect"]
        if by_hook != [place]:
            finding.by_hook.append(f"{by_hook} and not {place}")
        if [one.address for one in ways_out if one.kind == "lookup"] != [HOSTS[url_type]]:
            finding.by_hook.append("the lookup of the name was not seen")
        if (reached := at.listeners.news()) != [place]:
            finding.by_listeners.append(f"{reached} and not {place}")
        finding.connects, finding.codes = len(by_hook), {answer.code: 1}
        found.append(finding)
    return found


def corpus(at: Stage, way: Entrance) -> Finding:
    """Every link of hostile_urls.json by every url_type: refused with its code, no connect."""
    attack = Attack(at, f"hostile links, {way.name}")
    for row, url_type in product(CORPUS, URL_TYPES):
        at.names.names = lambda name, row=row: row.get("answers")  # type: ignore[misc]
        url = row["url"].replace("{port}", str(SENTINEL_PORT))
        # What is no text (half a surrogate pair) has no row, so no page shows it.
        no_row = ("NOT_KEPT",) if way.name == "review page" and not _is_text(url) else ()
        attack.ask(way, url, url_type, expected=no_row or (row[url_type],))
    return attack.close()


def rebinding(at: Stage, way: Entrance) -> Finding:
    """A name that is asked for once shows one address, and asked again another: half of them show
    a good one first, the other half the forbidden one."""
    attack = Attack(at, f"rebinding, {way.name}")
    forbidden = ("127.0.0.1", "169.254.169.254", "::1", "10.21.0.1")
    for number in range(REBINDINGS):
        url_type = URL_TYPES[number // 2 % 2]
        good, bad = ALLOWED[url_type], forbidden[number // 4 % len(forbidden)]
        good_first = number % 2 == 1
        turns = _turns([good[0]] if good_first else [bad], [bad])
        at.names.names = lambda name, turns=turns: next(turns)  # type: ignore[misc]
        attack.ask(
            way,
            f"http://{HOSTS[url_type]}/gone.png?{number}",
            url_type,
            # Its host has no such picture: who is let through is told so.
            expected=("FETCH_FAILED",) if good_first else ("ADDRESS_NOT_ALLOWED",),
            allowed=[good] if good_first else [],
        )
    attack.finding.lookups = len(at.names.asked)
    return attack.close()


def redirects(at: Stage, way: Entrance) -> Finding:
    """A host that is allowed, and sends on to where nobody may go."""
    attack = Attack(at, f"redirects, {way.name}")
    for (number, _), code, url_type in product(enumerate(TARGETS), _STATUSES, URL_TYPES):
        at.names.names = {HOSTS[url_type]: [ALLOWED[url_type][0]]}.get
        url = f"http://{HOSTS[url_type]}/redirect-{code}-{number}"
        attack.ask(way, url, url_type, expected=("FETCH_FAILED",), allowed=[ALLOWED[url_type]])
    finding = attack.close()
    if finding.connects != finding.tries:
        finding.wrong.append(f"{finding.connects} connects in {finding.tries} tries")
    return finding


def routes() -> dict[str, bytes | Behaviour]:
    """What the allowed host answers, and every other address too."""
    answers: dict[str, bytes | Behaviour] = {
        f"/redirect-{code}-{number}": redirect(target, code)
        for (number, target), code in product(enumerate(TARGETS), _STATUSES)
    }
    # What a forbidden host would give away would be read: then the answer is OK.
    return answers | {"/control.png": PICTURE, "/a.png": PICTURE, "/": PICTURE}


def all_findings(at: Stage, ways: Sequence[Entrance]) -> Iterator[Finding]:
    """Every attack of this module, by every entrance."""
    at.look_away()
    yield witnesses(at)
    yield from control(at, ways)
    for way in ways:
        for attack in (corpus, rebinding, redirects):
            at.names.asked.clear()
            yield attack(at, way)


def _turns(*answers: list[str]) -> Iterator[list[str]]:
    """One after the other, and then the last one for ever."""
    yield from answers
    while True:
        yield answers[-1]


def _is_text(url: str) -> bool:
    try:
        url.encode()
    except UnicodeEncodeError:
        return False
    return True
