"""A disk of its own that can be filled up and freed again."""

import os
import subprocess
from pathlib import Path
from types import TracebackType


class CannotMount(Exception):
    """Without a small disk a full one cannot be tried."""


class SmallDisk:
    """`with SmallDisk(folder, megabytes=64) as disk:` mounts one at `folder`."""

    def __init__(self, folder: Path, *, megabytes: int) -> None:
        self.folder = folder
        self._size = f"size={megabytes}m"
        self._filling = folder / "filling"

    def __enter__(self) -> "SmallDisk":
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", self._size, "tmpfs", str(self.folder)],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise CannotMount(f"A disk to be filled up cannot be mounted: {done.stderr.strip()}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave no byte; again and again, where others give some back."""
        with self._filling.open("ab", buffering=0) as file:
            for size in (1024 * 1024, 4096, 1):
                piece = b"\0" * size
                try:
                    while file.write(piece) == size:
                        pass
                except OSError:
                    continue

    def is_full(self) -> bool:
        """Whether no block is left."""
        return os.statvfs(self.folder).f_bavail == 0

    def free(self) -> None:
        """Give all of it back."""
        self._filling.unlink()
