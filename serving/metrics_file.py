"""The metrics file that a config.properties names, as every working folder understands it."""

from pathlib import Path

from pipeline.settings import PROJECT
from serving.config import named_path
from serving.failure import Failure

KEY = "metrics_config"
NAME = "metrics.yaml"


def metrics_file(config: Path, properties: dict[str, str]) -> Path:
    """`metrics_config`, found as `model_store` is; the project's where the file, which may be older
    than our metrics, names none. Failure when it is not there:
    TorchServe's workers would not start.
    """
    named = properties.get(KEY)
    file = PROJECT / NAME if named is None else named_path(config, named).resolve()
    if not file.is_file():
        raise Failure(f"{file} is not there, which {KEY} in {config} names; copy {PROJECT / NAME}.")
    return file


def with_metrics_file(config: Path, properties: dict[str, str], folder: str) -> str:
    """A copy of a config.properties in `folder` with the metrics file's whole path: TorchServe
    takes a path from its working folder, and has no option for this one."""
    file = metrics_file(config, properties)
    lines = config.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() != KEY]
    copy = Path(folder) / config.name
    copy.write_text("\n".join([*kept, f"{KEY}={file}", ""]), encoding="utf-8")
    return str(copy)
