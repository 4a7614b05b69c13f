"""`fundocr deploy` and `rollback`: put another version into service without a gap."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from handlers.manifest import file_sha256
from serving.acceptance import Checks, check
from serving.archive import Archive, read_archive
from serving.choice import Version, choice_written, read_choice
from serving.config import model_store
from serving.failure import Failure, settings_or_failure
from serving.model_api import ModelApi
from serving.properties import read_properties
from serving.recovery import (
    is_written_down,
    make_way,
    partial_name,
    recover,
    retire,
    still_at_work,
    undo,
)
from serving.say import counted, say
from serving.torchserve_process import TorchServe, config_file
from serving.transition import Transition, TransitionFile
from serving.versions_log import Change, Did, VersionsLog, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The service whose versions are changed, by the only command that does so at present."""

    server: TorchServe
    api: ModelApi
    log: VersionsLog

    @property
    def config(self) -> Path:
        """The file that says what serves; the home gets its own when something is chosen."""
        return config_file(self.server.home)

    @property
    def store(self) -> Path:
        """Where the archives are."""
        return model_store(self.server.config, self.server.properties)


def deploy(file: Path, *, workers: int | None, checks: Checks) -> int:
    """Register, wait READY, check, set default, write it down, drain and remove the old version.

    workers: of the new version; None: as many as the old one has. Until the default is set nothing
    that callers see has changed; a Failure leaves the old version serving and the new one gone.
    """
    running = _running()
    with running.log.changing():
        recover(running.server, running.api, running.log)
        archive = read_archive(file)
        old = _in_service(running, archive.model)
        if archive.version == old.version:
            raise Failure(
                f"{archive.model} {old.version} is in service already; build the archive with "
                "another --version."
            )
        name, is_there = _place_of(archive, running.store)
        new = Version(
            model=archive.model,
            version=archive.version,
            archive=name,
            workers=workers or old.workers,
            is_default=True,
        )
        transition = _transition(
            running, "deploy", old, new, archive, copy="" if is_there else name
        )
        _carry_out(running, transition, archive, checks)
    return 0


def rollback(model: str) -> int:
    """The version that served before, in the same way; Failure where none is known."""
    running = _running()
    with running.log.changing():
        recover(running.server, running.api, running.log)
        old = _in_service(running, model)
        before = running.log.before(model, old.version)
        if before is None:
            raise Failure(f"No other version of {model} has been in service here.")
        file = running.store / before.archive
        archive = read_archive(file)
        if file_sha256(file) != before.sha256 or archive.version != before.version:
            raise Failure(f"{file} is no longer what was in service at {before.time}.")
        new = replace(old, version=before.version, archive=before.archive)
        transition = _transition(running, "rollback", old, new, archive, copy="")
        _carry_out(running, transition, archive, Checks())
    return 0


def _running() -> Running:
    settings = settings_or_failure()
    server = TorchServe(settings.home)
    return Running(server=server, api=ModelApi(server), log=VersionsLog(settings.home))


def _carry_out(running: Running, transition: Transition, archive: Archive, checks: Checks) -> None:
    """Do it; what fails before config.properties chooses the new version is undone."""
    server, api, new = running.server, running.api, transition.new
    file = TransitionFile(server.home)
    make_way(api, new.model, new.version)  # somebody has registered it by the API
    if read_properties(running.config).get("load_models") == "all":
        # A start in the middle would load the copy too, unchecked: what serves is named first.
        with choice_written(running.config, server.home, read_choice(running.config)):
            pass
    file.begin(transition)
    try:
        _put_into_service(running, transition, archive, checks)
    except BaseException:
        # Where TorchServe is away as well, the next command takes back what is left.
        with suppress(Failure, OSError):
            if not is_written_down(server.home, transition):
                undo(server, api, transition)
                file.end()
        raise
    has_gone = retire(api, transition)
    file.end()
    if not has_gone:
        raise Failure(still_at_work(transition))


def _put_into_service(
    running: Running, transition: Transition, archive: Archive, checks: Checks
) -> None:
    old, new, api, server = transition.old, transition.new, running.api, running.server
    if transition.copy:
        _copy(archive.path, running.store / transition.copy)
    api.register(new.archive, new.workers)
    api.wait_ready(new.model, new.version, new.workers)
    say(f"{new.model} {new.version} is READY with {counted(new.workers, 'worker')}.")
    check(server, transition, checks)
    others = [
        v
        for v in read_choice(running.config)
        if v.model != new.model or v.version not in (old.version, new.version)
    ]
    api.set_default(new.model, new.version)
    with choice_written(running.config, server.home, [*others, new]) as config:
        running.log.add(transition.lines_now())
    say(f"{new.model} {new.version} answers now; written down in {config}.")


def _transition(
    running: Running, did: Did, old: Version, new: Version, archive: Archive, *, copy: str
) -> Transition:
    lines = [_line(did, new, archive)]
    if not running.log.lines(old.model):
        lines.insert(0, _line("found", old, read_archive(running.store / old.archive)))
    return Transition(did=did, old=old, new=new, lines=tuple(lines), copy=copy)


def _in_service(running: Running, model: str) -> Version:
    """The version that answers, with as many workers as it has now."""
    config, api = running.config, running.api
    default = api.default(model)
    for version in read_choice(config):
        if version.model == model and version.version == default:
            workers = api.versions(model)[default]["minWorkers"]
            return replace(version, workers=int(workers), is_default=True)
    raise Failure(
        f"{config} does not choose the version of {model} that answers now "
        f"({default or 'none'}); see `fundocr doctor`, and restart the service or set-default what "
        "it chooses."
    )


def _place_of(archive: Archive, store: Path) -> tuple[str, bool]:
    """The archive's name in the model store, and whether it is there already."""
    if archive.path.resolve().parent == store.resolve():
        return archive.path.name, True
    place = store / f"{archive.model}-{archive.version}.mar"
    if not place.exists():
        return place.name, False
    if file_sha256(place) != file_sha256(archive.path):
        raise Failure(f"{place} is there already and another one; choose another --version.")
    return place.name, True


def _copy(source: Path, place: Path) -> None:
    partial = place.with_name(partial_name(place.name))
    try:
        shutil.copyfile(source, partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(place)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise Failure(f"{place} cannot be written: {error.strerror}.") from None


def _line(did: Did, version: Version, archive: Archive) -> Change:
    return Change(
        time=now(),
        did=did,
        model=version.model,
        version=version.version,
        archive=version.archive,
        sha256=file_sha256(archive.path),
        weights=archive.weights,
        workers=version.workers,
    )
