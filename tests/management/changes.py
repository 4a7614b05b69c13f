"""Versions and workers are changed under load: what is done, and what its callers noticed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.bench.report import Target, say
from serving.properties import read_properties
from tests.faults.ledger import Entry, Outcome, counts
from tests.faults.place import Place
from tests.management import broken_archives as broken
from tests.management.operator_api import Operator
from tests.serve import service_process
from tests.serve.archives import OCR, STORE, UPDATE

READER, CORRECTOR = "ocr_handler", "ocr_info_update"
# A deploy on a machine that is busy: its worker has to load and to read samples beside the load.
_SECONDS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One command, and what must be true when it has ended. refused: it must fail, in one line."""

    name: str
    command: tuple[str | Path, ...]
    holds: Callable[[], bool]
    before: Callable[[], object] = lambda: None
    refused: bool = False


@dataclass(slots=True, kw_only=True)
class Counter:
    """A service under load, at which somebody changes versions.

    store, outside: its archives, and those that are to come. faults: what did not go as it should.
    """

    place: Place
    store: Path
    outside: Path
    faults: list[str] = field(default_factory=list)

    @property
    def operator(self) -> Operator:
        service = self.place.trial
        return Operator(
            management=service.address.management,
            authorization=lambda: service.authorization("management"),
        )

    def target(self, key: str, what: str, changes: Sequence[Change]) -> Target:
        """Make the changes one after the other; nobody may notice."""
        begun, spent, faults = len(self.place.book.entries), [], []
        for change in changes:
            seconds, fault = self._make(change)
            spent.append(seconds)
            faults += [f"{change.name}: {fault}"] * bool(fault)
            say(f"  {change.name}: {seconds:.0f} s{' — ' + fault if fault else ''}")
        entries = self.place.book.entries[begun:]
        return _target(key, f"0 failed requests over {what}", entries, spent, faults)

    def _make(self, change: Change) -> tuple[float, str]:
        """Seconds, and what was not as it should be."""
        change.before()
        words = [str(one) for one in change.command]
        begun = time.monotonic()
        done = service_process.Place.of(self.place.trial).fundocr(*words, seconds=_SECONDS)
        seconds = time.monotonic() - begun
        said = done.stderr.strip()
        if change.refused:
            fault = "" if done.returncode == 1 and len(said.splitlines()) == 1 else "not refused"
        else:
            fault = "" if done.returncode == 0 else said
        if not fault and not change.holds():
            fault = "what runs is not what should"
        return seconds, fault

    def runs(self, model: str, version: str, workers: int = 1) -> bool:
        """Whether just this version of a model is registered and chosen, so many workers READY."""
        found = self.operator.describe(model)
        config = read_properties(self.place.trial.home / "config.properties")["models"]
        return (
            list(found) == [version]
            and self.operator.default_version(model) == version
            and self.operator.ready(model, version) == workers
            and f'"{version}"' in config
        )


def deploys(here: Counter, readers: int = 8, correctors: int = 2) -> Iterator[Change]:
    """New versions, each of its own archive: of the reader 2.0, 3.0, …, of the corrector too."""
    for model, archive, many in ((READER, OCR, readers), (CORRECTOR, UPDATE, correctors)):
        for number in range(2, many + 2):
            version = f"{number}.0"
            file = here.outside / f"{model}-{version}.mar"
            yield Change(
                name=f"deploy {model} {version}",
                command=("deploy", file),
                before=lambda f=file, a=archive, v=version: broken.version_of(STORE / a, f, v),
                holds=lambda m=model, v=version: here.runs(m, v),
            )


def rollbacks(here: Counter, reader: tuple[str, str], corrector: tuple[str, str]) -> list[Change]:
    """Back and forth between the last two versions of each."""
    one, two = reader
    plan = [(READER, two), (READER, one), (READER, two), (READER, one), (CORRECTOR, corrector[1])]
    return [
        Change(
            name=f"rollback {model} to {version}",
            command=("rollback", model),
            holds=lambda m=model, v=version: here.runs(m, v),
        )
        for model, version in plan
    ]


def broken_deploys(here: Counter, version: str) -> Iterator[Change]:
    """Archives that are broken in different ways; version: what must go on."""
    cut = broken.cut_off(STORE / OCR, here.outside / "cut.mar")
    files = {"cut off": cut}
    for name, mistake in {
        "does not load": broken.FAILS_TO_LOAD,
        "does not answer": broken.FAILS_TO_ANSWER,
        "reads wrong": broken.READS_WRONG,
        "reads nothing": broken.READS_NOTHING,
    }.items():
        file = here.outside / f"{name.replace(' ', '-')}.mar"
        files[name] = broken.with_mistake(STORE / OCR, file, "66.0", mistake)
    for name, file in files.items():
        yield Change(
            name=f"an archive that is {name}" if name == "cut off" else f"an archive that {name}",
            command=("deploy", file),
            holds=lambda: here.runs(READER, version) and not list(here.store.glob("*66.0*")),
            refused=True,
        )


def scales(here: Counter, reader: str, corrector: str) -> Iterator[Change]:
    """Up and down by the command, and by the file."""
    for model, version, workers in (
        (READER, reader, 2),
        (READER, reader, 1),
        (CORRECTOR, corrector, 2),
        (CORRECTOR, corrector, 1),
    ):
        yield Change(
            name=f"scale {model} {workers}",
            command=("scale", model, str(workers)),
            holds=lambda m=model, v=version, w=workers: here.runs(m, v, w),
        )
    config = here.place.trial.home / "config.properties"

    def write(old: int, new: int) -> None:
        text = config.read_text("utf-8")
        changed = text.replace(f'"minWorkers": {old}', f'"minWorkers": {new}')
        assert changed != text
        config.write_text(changed, "utf-8")

    for old, new in ((1, 2), (2, 1)):
        yield Change(
            name=f"config.properties says {new} for both, and scale",
            command=("scale",),
            before=lambda o=old, n=new: write(o, n),
            holds=lambda n=new: here.runs(READER, reader, n) and here.runs(CORRECTOR, corrector, n),
        )


def _target(
    key: str, words: str, entries: Sequence[Entry], spent: list[float], faults: list[str]
) -> Target:
    found = counts(entries)
    failed = found[Outcome.FAILED] + found[Outcome.UNKNOWN]
    slowest = max((entry.ended - entry.sent for entry in entries), default=0.0)
    numbers: dict[str, Any] = {
        "requests": found.total(),
        "failed": failed,
        "slowest_s": slowest,
        "seconds": spent,
        "faults": faults,
    }
    told = (
        f"{found.total():,} requests, {failed} failed; slowest answer {slowest:.1f} s; "
        f"each {min(spent):.0f}–{max(spent):.0f} s"
    )
    return Target(
        key=key,
        target=words,
        measured="; ".join([told, *faults]),
        met=not failed and not faults and found.total() > 0,
        numbers=numbers,
    )
