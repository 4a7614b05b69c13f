"""`fundocr` for a service of its own, and what is left of it when it has ended."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline.settings import PROJECT
from tests.serve.forked_command import forked_command
from tests.trial import Trial


@dataclass(slots=True, kw_only=True)
class Place:
    """A FUNDOCR_HOME with free ports in its config.properties, and a folder for temporary files.

    temporary: short, because sockets are made below it.
    """

    home: Path
    temporary: Path
    front_address: str
    settings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, service: Trial, **settings: str) -> "Place":
        """Where this service runs."""
        address = service.front.removeprefix("http://")
        temporary = service.home / "tmp"
        temporary.mkdir(exist_ok=True)
        return cls(home=service.home, temporary=temporary, front_address=address, settings=settings)

    @property
    def environment(self) -> dict[str, str]:
        """Of a command's process; no FUNDOCR_* of the caller's reaches it."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
        return others | {
            "FUNDOCR_HOME": str(self.home),
            "FUNDOCR_FRONT_ADDRESS": self.front_address,
            "TMPDIR": str(self.temporary),
            **self.settings,
        }

    def fundocr(
        self, *arguments: str, program: Sequence[str] = (), seconds: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, which comes within so many seconds.

        program: that runs `fundocr`, where it has to be another than ours.
        """
        if not program:
            return forked_command(*arguments, environment=self.environment, seconds=seconds)
        return subprocess.run(
            [*program, *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def sentence(self, *arguments: str, program: Sequence[str] = ()) -> str:
        """What a command that must fail says: on standard error alone, nothing left behind."""
        done = self.fundocr(*arguments, program=program)
        assert done.returncode in (1, 2), done
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert processes_of(self.home) == []
        assert leftovers(self.temporary) == []
        return done.stderr


@contextmanager
def place(home: Path, config: Mapping[str, str] | None = None, **settings: str) -> Iterator[Place]:
    """A place for a service; settings: FUNDOCR_* variables."""
    trial = Trial(home, settings, config)  # writes the config; nothing is started
    with tempfile.TemporaryDirectory() as temporary:
        yield Place(
            home=home,
            temporary=Path(temporary),
            front_address=trial.front.removeprefix("http://"),
            settings=settings,
        )


@contextmanager
def started(service: Trial) -> Iterator[Trial]:
    """READY inside the block, which may stop it and look at the exit code."""
    service.__enter__()
    try:
        yield service
    finally:
        with suppress(ValueError):  # what it says was read to the end when it was stopped
            service.stop()


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes that work for this FUNDOCR_HOME."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("FUNDOCR_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
    return found


def leftovers(temporary: Path) -> list[str]:
    """What the service made below its folder for temporary files."""
    return sorted(path.name for path in temporary.glob("fundocr-*"))
