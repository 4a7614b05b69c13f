"""The service as tests start it, some thirty times in a run."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT
from serving.installation import java_home
from serving.temporary import Trial as _Trial

COMPILED = PROJECT / "var" / "tests" / "compiled"
"""What OpenVINO compiled; every home's own would be compiled anew."""
_CLASSES = PROJECT / "var" / "tests" / "java.jsa"
_LIGHT = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class Trial(_Trial):
    """A Trial that starts in two thirds of the processor time; nothing else differs."""

    def __init__(
        self,
        home: Path,
        settings: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        share_compiled(home)
        # Readers of several services share these cores: a second thread mostly waits, spinning.
        settings = {"FUNDOCR_THREADS": "1", **(settings or {})}
        super().__init__(home, settings, {"vmargs": light_java(), **(config or {})}, **more)


@cache
def light_java() -> str:
    """`vmargs` of a Java that lives for a minute: it never earns back what its second compiler
    costs (2 s); and its own classes are laid out as they are in memory, which the wheel's Java
    brings no file for (a quarter of a second)."""
    if not _CLASSES.exists():
        _CLASSES.parent.mkdir(parents=True, exist_ok=True)
        own = Path(f"{_CLASSES}.{os.getpid()}")
        dump = [f"{java_home()}/bin/java", "-Xshare:dump", *_LIGHT, f"-XX:SharedArchiveFile={own}"]
        subprocess.run(dump, check=True, capture_output=True)
        own.replace(_CLASSES)
    return " ".join((*_LIGHT, f"-XX:SharedArchiveFile={_CLASSES}"))


def share_compiled(home: Path) -> None:
    """Let a new FUNDOCR_HOME keep its compiled models where all tests do."""
    COMPILED.mkdir(parents=True, exist_ok=True)
    (home / "var").mkdir(parents=True, exist_ok=True)
    if not (home / "var" / "cache").exists():
        (home / "var" / "cache").symlink_to(COMPILED)
