"""Checks who on this machine can read what the service writes; a check as in cli.checks."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from serving.failure import Failure
from serving.installation import some

if TYPE_CHECKING:
    from pipeline.settings import Settings

_SQLITE = "sqlite:///"
_GROUP, _OTHERS = 0o070, 0o007


def private(settings: "Settings") -> str:
    """Nobody but the service's user can read rows, logs, tokens and passwords.

    What this version writes is so; files and folders of older ones stay as they were made.
    """
    opened = {
        str(place): readable for place in _places(settings) if (readable := list(_readable(place)))
    }
    if opened:
        shown = some([str(path) for paths in opened.values() for path in paths])
        raise Failure(
            f"Other users of this machine can read {shown}; run `chmod -R go= {' '.join(opened)}`."
        )
    return "nobody else on this machine reads what the service writes"


def _places(settings: "Settings") -> Iterator[Path]:
    home = settings.home
    names = ["var", ".env", "key_file.json"]
    url = settings.resolved_database_url
    database = Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None
    places = [home / name for name in names]
    if database is not None and home / "var" not in database.parents:
        places += [database.with_name(database.name + end) for end in ("", "-wal", "-journal")]
    return (place for place in places if place.exists())


def _readable(place: Path) -> Iterator[Path]:
    """Of a file or a folder with all that is in it: the files that others can reach and read."""
    place = place.resolve()
    yield from _found(place, _reach(place))


def _reach(place: Path) -> int:
    """The rights of those who can come as far as this."""
    reach = _GROUP | _OTHERS
    for folder in place.parents:
        reach = _passed(reach, folder.stat().st_mode)
    return reach


def _found(path: Path, reach: int) -> Iterator[Path]:
    """reach: as above."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode) and mode & reach & 0o044:
        yield path
    elif stat.S_ISDIR(mode) and (reach := _passed(reach, mode)):
        for name in sorted(os.listdir(path)):  # noqa: PTH208 — a name may be gone meanwhile
            try:
                yield from _found(path / name, reach)
            except FileNotFoundError:
                continue


def _passed(reach: int, mode: int) -> int:
    """Who gets through a folder."""
    passing = (_GROUP if mode & 0o010 else 0) | (_OTHERS if mode & 0o001 else 0)
    return reach & passing
