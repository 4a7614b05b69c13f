"""`fundocr deploy` and `rollback`: another version into service without a gap."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from cli import self_check
from cli.archive import Archive, read_archive
from cli.choice import Version, read_choice, write_choice
from cli.chosen import model_store
from cli.failure import Failure, settings_or_failure
from cli.model_api import ModelApi
from cli.torchserve import TorchServe, config_file
from cli.versions_log import Change, Did, VersionsLog, now
from front.torchserve import read_properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One change of what answers for a model, from `old` to `new`."""

    old: Version
    new: Version
    archive: Archive
    did: Did


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What a version must show first. stored: how many links that people have judged it must read,
    besides the samples. fewer: how many answers it may give fewer than the one in service."""

    stored: int = 0
    fewer: int = 0


def deploy(file: Path, *, workers: int | None, checks: Checks) -> int:
    """Register, wait READY, check, set default, write it down, drain and remove the old version.

    workers: of the new version; None: as many as the old one has. Until the default is set nothing
    that callers see has changed; a Failure leaves the old version serving and the new one gone.
    """
    settings = settings_or_failure()
    server, log = TorchServe(settings.home), VersionsLog(settings.home)
    api = ModelApi(server)
    with log.changing():
        archive = read_archive(file)
        old = _in_service(server, api, archive.model)
        if archive.version == old.version:
            raise Failure(
                f"{archive.model} {old.version} is in service already; build the archive with "
                "another --version."
            )
        store = model_store(server.config, server.properties)
        with _in_store(archive, store, settings.home) as name:
            new = Version(
                model=archive.model,
                version=archive.version,
                archive=name,
                workers=workers or old.workers,
                is_default=True,
            )
            move = Move(old=old, new=new, archive=archive, did="deploy")
            _move(server, api, log, move, checks)
        _retire(api, old)
    return 0


def rollback(model: str) -> int:
    """The version that served before, in the same way; Failure where none is known."""
    settings = settings_or_failure()
    server, log = TorchServe(settings.home), VersionsLog(settings.home)
    api = ModelApi(server)
    with log.changing():
        old = _in_service(server, api, model)
        before = log.before(model, old.version)
        if before is None:
            raise Failure(f"No other version of {model} has been in service here.")
        file = model_store(server.config, server.properties) / before.archive
        archive = read_archive(file)
        if _sha256(file) != before.sha256 or archive.version != before.version:
            raise Failure(f"{file} is no longer what was in service at {before.time}.")
        new = replace(old, version=before.version, archive=before.archive)
        move = Move(old=old, new=new, archive=archive, did="rollback")
        _move(server, api, log, move, Checks())
        _retire(api, old)
    return 0


def _move(server: TorchServe, api: ModelApi, log: VersionsLog, move: Move, checks: Checks) -> None:
    old, new = move.old, move.new
    name = f"{new.model} {new.version}"
    if new.version in api.versions(new.model):  # left by a deploy that was killed
        api.unregister(new.model, new.version)
    try:
        api.register(new.archive, new.workers)
        api.wait_ready(new.model, new.version, new.workers)
        print(f"{name} is READY with {new.workers} worker(s).", flush=True)
        _check(server, move, checks)
        api.set_default(new.model, new.version)
    except BaseException:
        # TorchServe keeps a version that failed to load, without workers.
        with suppress(Failure):
            api.unregister(new.model, new.version)
        raise
    try:
        config = _write(server, old, new)
    except Failure:
        api.set_default(old.model, old.version)
        api.unregister(new.model, new.version)
        raise
    store = model_store(server.config, server.properties)
    if not log.lines(old.model):
        log.add(_line("found", old, store / old.archive))
    log.add(_line(move.did, new, move.archive.path))
    print(f"{name} answers now; written down in {config}.", flush=True)


def _retire(api: ModelApi, old: Version) -> None:
    """Remove the version that no longer answers, when it has answered its last request."""
    if not api.drain(old.model, old.version):
        raise Failure(
            f"{old.model} {old.version} is still at work for callers who ask for it by its "
            "version; it was left in service beside the new one. Unregister it when they have gone."
        )
    api.unregister(old.model, old.version)
    print(f"{old.model} {old.version} has answered its last request and is gone.", flush=True)


def _check(server: TorchServe, move: Move, checks: Checks) -> None:
    """Failure unless the new version reads at least as well as the one in service."""
    new, old = move.new, move.old
    if not self_check.reads_pictures(new.model):
        self_check.require_sound_answers(server, new.model, new.version)
        return
    sets = {"samples": self_check.samples()}
    if checks.stored:
        sets["judged links"] = _judged(checks.stored)
    for name, pictures in sets.items():
        found = self_check.score(server, new.model, new.version, pictures)
        print(f"{name}: {found}", flush=True)
        if found.wrong:
            raise Failure(
                f"{new.model} {new.version} reads {found.wrong[0]} wrong, as sure; it was not put "
                "into service."
            )
        if not found.silent:
            continue
        present = self_check.score(server, old.model, old.version, pictures)
        if len(found.right) < len(present.right) - checks.fewer:
            raise Failure(
                f"{new.model} {new.version} reads {len(found.right)} of the {name} right where "
                f"{old.version} reads {len(present.right)}; it was not put into service "
                "(--fewer N allows for N)."
            )


def _judged(count: int) -> list[self_check.Picture]:
    """The newest links with a person's word on them; uploads cannot be fetched again."""
    from cli.store import opened_engine
    from db.judged import newest_judged_links

    with opened_engine() as engine:
        rows = newest_judged_links(engine, count)
    if not rows:
        raise Failure("No link has been judged by a person yet; deploy without --stored.")
    return [
        self_check.judged_link(
            row.image_url,
            row.url_type,
            {"fund_code": row.answer_fund_code, "hold_share": row.answer_hold_share}
            if row.answer_flag
            else {"fund_code": "", "hold_share": ""},
        )
        for row in rows
    ]


def _in_service(server: TorchServe, api: ModelApi, model: str) -> Version:
    """The version that answers, with as many workers as it has now."""
    default = api.default(model)
    for version in read_choice(server.config):
        if version.model == model and version.version == default:
            workers = api.versions(model)[default]["minWorkers"]
            return replace(version, workers=int(workers), is_default=True)
    raise Failure(
        f"{server.config} does not choose the version of {model} that answers now "
        f"({default or 'none'}); see `fundocr doctor`, and restart the service or set-default what "
        "it chooses."
    )


@contextmanager
def _in_store(archive: Archive, store: Path, home: Path) -> Iterator[str]:
    """The archive's name in the model store; a copy is made unless it is there. Should what is
    done inside fail before the version is written down, the copy goes again."""
    if archive.path.resolve().parent == store.resolve():
        yield archive.path.name
        return
    place = store / f"{archive.model}-{archive.version}.mar"
    was_there = place.exists()
    if was_there and _sha256(place) != _sha256(archive.path):
        raise Failure(f"{place} is there already and another one; choose another --version.")
    if not was_there:
        _copy(archive.path, place)
    try:
        yield place.name
    except BaseException:
        # What config.properties names by now is needed at the next start, whatever failed later.
        named = read_properties(config_file(home)).get("load_models", "").split(",")
        if not was_there and place.name not in named:
            place.unlink(missing_ok=True)
        raise


def _copy(source: Path, place: Path) -> None:
    partial = place.with_suffix(".partial")
    try:
        shutil.copyfile(source, partial)
        partial.replace(place)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Failure(f"{place} cannot be written: {error.strerror}.") from None


def _write(server: TorchServe, old: Version, new: Version) -> Path:
    kept = [
        v for v in read_choice(server.config) if (v.model, v.version) != (old.model, old.version)
    ]
    return write_choice(server.config, server.home, [*kept, new])


def _line(did: Did, version: Version, file: Path) -> Change:
    archive = read_archive(file)
    return Change(
        time=now(),
        did=did,
        model=version.model,
        version=version.version,
        archive=version.archive,
        sha256=_sha256(file),
        weights=archive.weights,
        workers=version.workers,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
