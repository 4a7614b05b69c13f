"""A Python in which one wheel is not installed, and everything else is."""

import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.settings import PROJECT


@contextmanager
def python_without(wheel: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """The command line that runs `fundocr` in it, to be followed by arguments.

    Site packages are left out (-S); a folder of links to all of them but one stands in for them.
    """
    installed = Path(sysconfig.get_path("purelib"))
    folder.mkdir()
    for entry in installed.iterdir():
        if not entry.name.startswith(wheel):
            (folder / entry.name).symlink_to(entry)
    start = (
        f"import sys; sys.path[:0] = [{str(PROJECT)!r}, {str(folder)!r}]; sys.argv[0] = 'fundocr'"
    )
    yield (sys.executable, "-S", "-P", "-c", f"{start}; from cli.main import main; main()")
