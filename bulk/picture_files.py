"""Lists a local folder's pictures by name, and the files in it that are skipped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
KINDS = ", ".join(suffix[1:] for suffix in SUFFIXES)
# So many names are told; of more their number says enough.
_NAMES = 3


@dataclass(slots=True)
class PassedOver:
    """How many files were no pictures by their names, and the first of them."""

    count: int = 0
    names: tuple[str, ...] = ()

    def add(self, path: Path) -> None:
        """One more."""
        self.count += 1
        if self.count <= _NAMES:
            self.names = (*self.names, path.name)

    def __str__(self) -> str:
        """One sentence for people; empty where there was none."""
        if not self.count:
            return ""
        more = f" and {self.count - _NAMES} more" if self.count > _NAMES else ""
        return f"Passed over, by name no pictures ({KINDS}): {', '.join(self.names)}{more}."


def pictures_in(folder: Path, passed_over: Callable[[Path], None]) -> Iterator[Path]:
    """By name, those of folders inside it in their place; OSError where a folder cannot be read.

    passed_over: is told of every other file, but of hidden ones (macOS keeps `._screen.png` beside
    `screen.png`), and of links to folders, which are not followed.
    """
    for entry in sorted(folder.iterdir()):
        if entry.name[0] == ".":
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from pictures_in(entry, passed_over)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry
        else:
            passed_over(entry)
