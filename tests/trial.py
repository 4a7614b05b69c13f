"""The service as tests start it, some thirty times in a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.service.trial import Trial as _Trial
from pipeline.settings import PROJECT

COMPILED = PROJECT / "var" / "tests" / "compiled"
"""What OpenVINO compiled; every home's own would be compiled anew."""
LIGHT_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A Java that lives for a minute never earns back what its second compiler costs (2 s)."""


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
        super().__init__(home, settings, {"vmargs": LIGHT_JAVA, **(config or {})}, **more)


def share_compiled(home: Path) -> None:
    """Let a new FUNDOCR_HOME keep its compiled models where all tests do."""
    COMPILED.mkdir(parents=True, exist_ok=True)
    (home / "var").mkdir(parents=True, exist_ok=True)
    if not (home / "var" / "cache").exists():
        (home / "var" / "cache").symlink_to(COMPILED)
