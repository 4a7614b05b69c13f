"""Compares the versions that run with those that config.properties chooses, for `doctor`."""

from collections.abc import Iterator

from serving.config import Chosen
from serving.failure import Failure
from serving.recovery import is_written_down
from serving.say import counted
from serving.torchserve import ready_workers
from serving.torchserve_process import TorchServe
from serving.transition import TransitionFile
from serving.versions_log import VersionsLog


def versions(server: TorchServe) -> str:
    """What is registered is what config.properties chooses, and its workers are READY; Failure
    with a line for each difference, and for a change that was interrupted."""
    log = VersionsLog(server.home)
    if log.is_changing():
        return "a deploy, rollback or scale is at work here; look again when it has ended"
    different = [*_broken_off(server)]
    if server.client.is_reachable():
        different += [
            line
            for model in sorted({chosen.model for chosen in server.chosen})
            for line in _differences(model, server)
        ]
    elif not different:
        return f"{_names(server.chosen)} will be served"
    if different:
        raise Failure("\n".join(different))
    return f"{_names(server.chosen)} READY, as {server.config.name} says"


def _broken_off(server: TorchServe) -> Iterator[str]:
    try:
        transition = TransitionFile(server.home).begun()
    except Failure as failure:
        yield str(failure)
        return
    if transition is not None:
        does = "finishes it" if is_written_down(server.home, transition) else "undoes it"
        yield (
            f"The {transition} was interrupted: `fundocr scale` {does}, and so does the next "
            "deploy or rollback."
        )


def _differences(model: str, server: TorchServe) -> Iterator[str]:
    running = {str(found["modelVersion"]): found for found in server.client.describe(model)}
    default = [str(found["modelVersion"]) for found in server.client.describe(model, "")]
    chosen = {version.version: version for version in server.chosen if version.model == model}
    for version, expected in chosen.items():
        if version not in running:
            yield f"{model} {version} is not registered; restart the service."
            continue
        ready, workers = ready_workers(running[version]), running[version]["minWorkers"]
        if workers != expected.workers:
            yield (
                f"{model} {version} was scaled to {counted(workers, 'worker')}, a restart will "
                f"make it {expected.workers} again: set minWorkers in models= of {server.config}."
            )
        elif ready < workers:
            yield (
                f"{model} {version} has {ready} of {counted(workers, 'worker')} READY; "
                f"see {server.logs}/model_log.log."
            )
        if expected.is_default and default != [version]:
            yield (
                f"{model} {version} is the default in {server.config}, another version answers "
                "now: a restart will change that; set defaultVersion there, or set-default here."
            )
    for version in sorted(set(running) - set(chosen)):
        yield (
            f"{model} {version} is registered but will be gone after a restart: add it to "
            f"load_models and models= in {server.config}, or unregister it."
        )


def _names(chosen: list[Chosen]) -> str:
    return ", ".join(f"{version.model} {version.version}" for version in chosen)
