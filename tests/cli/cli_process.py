"""`fundocr` in a process of its own, with a home of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def fundocr(
    *arguments: str | Path,
    home: Path,
    stdin: bytes = b"",
    settings: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run one command from the project's folder; no FUNDOCR_* of the caller's reaches it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
    environment |= {"FUNDOCR_HOME": str(home)} | (settings or {})
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=300,
        check=False,
    )
