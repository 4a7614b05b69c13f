"""Finishes or undoes a deploy or rollback that failed or was killed half-way.

What config.properties chooses decides: once the new version stands there it is finished, else all
of it is undone. Both may be done again and again.
"""

from pathlib import Path

from serving.choice import is_default, remove_leftovers
from serving.config import model_store
from serving.failure import Failure
from serving.model_api import ModelApi
from serving.pause import Pause
from serving.say import say
from serving.torchserve_process import TorchServe, config_file
from serving.transition import Transition, TransitionFile
from serving.versions_log import VersionsLog

_FOR_STRANGERS = 20


def recover(server: TorchServe, api: ModelApi, log: VersionsLog) -> None:
    """Bring what an earlier command was killed at to its end, and say so."""
    Pause(server.home).lift()
    remove_leftovers(server.home)
    file = TransitionFile(server.home)
    transition = file.begun()
    if transition is None:
        return
    if is_written_down(server.home, transition):
        if not finish(api, log, transition):
            say(still_at_work(transition))
        say(f"The {transition}, which was interrupted, is finished.")
    else:
        undo(server, api, transition)
        say(f"The {transition}, which was interrupted, is undone.")
    file.end()


def is_written_down(home: Path, transition: Transition) -> bool:
    """Whether config.properties chooses the new version, which was checked by then."""
    return is_default(config_file(home), transition.new.model, transition.new.version)


def finish(api: ModelApi, log: VersionsLog, transition: Transition) -> bool:
    """Let the new version answer, write that down, and let the old one go; False where it may not
    go yet."""
    new = transition.new
    if new.version not in api.versions(new.model):
        # TorchServe was started again just before config.properties was written.
        api.register(new.archive, new.workers)
        api.wait_ready(new.model, new.version, new.workers)
    if api.default(new.model) != new.version:
        api.wait_ready(new.model, new.version, 1)
        api.set_default(new.model, new.version)
    written = log.lines(new.model)
    if not written or written[-1].version != new.version:
        log.add(transition.lines_now())
    return retire(api, transition)


def retire(api: ModelApi, transition: Transition) -> bool:
    """Remove the version that no longer answers, when it has answered its last request; False
    where callers who ask for it by its version keep it at work."""
    old, new = transition.old, transition.new
    if old.version not in api.versions(old.model):
        return True
    if api.default(old.model) == old.version:
        raise Failure(
            f"TorchServe was started again meanwhile, and {old.model} {old.version} answers; "
            f"`fundocr scale` puts {new.version} into service."
        )
    if not api.drain(old.model, old.version):
        return False
    api.unregister(old.model, old.version)
    say(f"{old.model} {old.version} has answered its last request and is gone.")
    return True


def still_at_work(transition: Transition) -> str:
    """What to do about an old version that may not go."""
    old = transition.old
    return (
        f"{old.model} {old.version} is still at work for callers who ask for it by its version; it "
        "was left in service beside the new one. Unregister it when they have gone."
    )


def undo(server: TorchServe, api: ModelApi, transition: Transition) -> None:
    """Let the old version answer, and leave nothing of the new one."""
    new = transition.new
    if new.version in api.versions(new.model):
        if api.default(new.model) == new.version:
            api.set_default(transition.old.model, transition.old.version)
        make_way(api, new.model, new.version)
    if transition.copy:
        store = model_store(server.config, server.properties)
        for name in (transition.copy, partial_name(transition.copy)):
            (store / name).unlink(missing_ok=True)


def make_way(api: ModelApi, model: str, version: str) -> None:
    """Unregister a version that does not answer by default, where it is registered; Failure where
    callers who name it keep it busy."""
    if version not in api.versions(model):
        return
    if not api.drain(model, version, _FOR_STRANGERS):
        raise Failure(f"{model} {version} is registered and at work; unregister it first.")
    api.unregister(model, version)


def partial_name(archive: str) -> str:
    """What a copy is called until it is whole."""
    return f"{archive}.partial"
