"""One service whose versions are changed."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

from evals.testbed.picture_host import Behaviour, picture_host
from serving.failure import Failure
from serving.properties import read_properties
from serving.torchserve_process import TorchServe
from tests.db.sample_readings import reading
from tests.db.sample_readings import rows_of as asked
from tests.fundocr_command import fundocr
from tests.management import broken_archives as broken
from tests.management.callers import BLANK, PICTURE, SHOWN, Told, correctors
from tests.management.killed import kill_at
from tests.management.operator_api import Operator
from tests.running_service import RunningService, running_service
from tests.serve.archives import OCR, STORE, UPDATE, store_with
from tests.serve.forked_command import forked_command
from tests.serve.waiting import wait_until

READER, CORRECTOR = "ocr_handler", "ocr_info_update"
"""The models. Both are deployed by the same code; the corrector loads in a third of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An archive that has never been here: sound, and 1.0 under another name."""

    file: Path
    version: str


@dataclass(slots=True, kw_only=True)
class Shop(RunningService):
    """A service, its model store, a folder of archives that are not in it, and the routes of its
    picture host, which may be added to. Which version serves depends on the tests before."""

    archives: Path
    outside: Path
    routes: dict[str, bytes | Behaviour]
    numbers: Iterator[int] = field(default_factory=lambda: count(20))

    @property
    def operator(self) -> Operator:
        return Operator(
            management=self.trial.address.management,
            authorization=lambda: self.trial.authorization("management"),
        )

    @property
    def settings(self) -> dict[str, str]:
        """FUNDOCR_* of a command for this service."""
        given = self.trial._environment.items()
        return {name: text for name, text in given if name.startswith("FUNDOCR_")}

    def fundocr(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """In this process."""
        done = fundocr(*arguments, home=self.home, settings=self.settings)
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def killed(self, stage: str, *arguments: str | Path) -> None:
        """In a process of its own, which ends by SIGKILL at this stage."""
        # What it was working on stays where it was.
        with tempfile.TemporaryDirectory(prefix="killed-") as folder:
            done = forked_command(
                *map(str, arguments),
                environment={**self.trial._environment, "TMPDIR": folder},
                first=partial(kill_at, stage),
            )
        assert done.returncode == -signal.SIGKILL, done

    def new(self, model: str = CORRECTOR) -> New:
        """The next version, whose archive lies outside the model store."""
        version = f"{next(self.numbers)}.0"
        archive = {READER: OCR, CORRECTOR: UPDATE}[model]
        file = self.outside / f"{model}-{version}.mar"
        return New(file=broken.version_of(STORE / archive, file, version), version=version)

    def default(self, model: str = CORRECTOR) -> str:
        return self.operator.default_version(model)

    def registered(self, model: str = CORRECTOR) -> list[str]:
        return sorted(self.operator.describe(model))

    def choice(self) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        """`models` of the service's config.properties."""
        return dict(json.loads(read_properties(self.home / "config.properties")["models"]))

    def chosen(self, model: str = CORRECTOR) -> list[str]:
        """The versions that config.properties chooses."""
        return sorted(self.choice()[model])

    def doctor(self) -> list[str]:
        """What `fundocr doctor` would say of versions: nothing, or a line for each difference."""
        from cli.differences import versions

        try:
            versions(TorchServe(self.home))
        except Failure as failure:
            return str(failure).splitlines()
        return []

    def counts(self) -> tuple[int, int]:
        """Rows, and lines of history."""
        ((rows,),) = asked(self.database_url, "SELECT COUNT(*) FROM ocr_result")
        ((lines,),) = asked(self.database_url, "SELECT COUNT(*) FROM ocr_history")
        return int(rows), int(lines)

    def read_once(self, name: str, path: str = "/a.png") -> str:
        """A link that the service has read; the picture shows SHOWN."""
        answer = self.ask(f"{path}?{name}", refresh=True)
        assert answer.json()["data"] == SHOWN
        return self.host.url(f"{path}?{name}")

    @contextmanager
    def corrected(self, *names: str) -> Iterator[Told]:
        """Inside the block somebody corrects the links of these names again and again; afterwards
        nobody has ever judged them."""
        links = [self.host.url(f"/a.png?{name}") for name in names]
        with self.store() as store:
            # As if they had been read.
            store.save(
                [
                    reading(link, url_type="7min_local", image_sha256=None, evidence={})
                    for link in links
                ]
            )
            with correctors(self.url, links) as told:
                yield told
                wait_until(lambda: told.right or told.wrong)  # or it was over before they began
            for link in links:
                store.forget(link)
        assert told.right > 0


@contextmanager
def opened_shop(
    folder: Path,
    *,
    home: Path | None = None,
    store: Path | None = None,
    config: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[Shop]:
    """A shop in a folder; home, store: folders that are there already. config: keys of
    config.properties. settings: FUNDOCR_*."""
    outside = folder / "outside"
    outside.mkdir()
    routes: dict[str, bytes | Behaviour] = {"/a.png": PICTURE, "/blank.png": BLANK}
    archives = store_with(store or folder / "store")
    with (
        picture_host(routes) as host,
        running_service(
            home or folder / "home",
            host=host,
            settings=settings,
            config={"model_store": str(archives), **(config or {})},
        ) as service,
    ):
        yield Shop(
            trial=service.trial, host=host, archives=archives, outside=outside, routes=routes
        )
