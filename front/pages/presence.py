"""Who has which card open: beats of open windows, kept in this process and forgotten in seconds.

It is a courtesy between people, not a lock: what is saved is guarded by `row_version`.
"""

from dataclasses import dataclass

# Windows tell that they are still open this often, and are forgotten when they have not for so
# long (s).
BEAT_SECONDS = 8
FORGOTTEN_SECONDS = 25
# So many windows are remembered: nobody fills the memory with invented ones.
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One window's last sign of life. kept: the row it will show next. seen: seconds of a
    monotonic clock."""

    row_id: int
    name: str
    seen: float
    kept: int | None = None


class Presence:
    """The open windows of one process, by the name that each gave itself; used from its event
    loop only."""

    def __init__(self) -> None:
        self._windows: dict[str, Beat] = {}

    def beat(self, row_id: int, window: str, name: str, now: float) -> list[str]:
        """This window shows this row and no other; the names in the other windows that do,
        each once, in order."""
        self._windows = {
            other: beat
            for other, beat in self._windows.items()
            if now - beat.seen <= FORGOTTEN_SECONDS and other != window
        }
        others = {beat.name for beat in self._windows.values() if beat.row_id == row_id}
        if len(self._windows) < MOST:
            self._windows[window] = Beat(row_id=row_id, name=name, seen=now)
        return sorted(others)

    def keep(self, row_id: int | None, window: str, now: float) -> None:
        """This window goes to this row next."""
        if (beat := self._windows.get(window)) is not None:
            self._windows[window] = Beat(row_id=beat.row_id, name=beat.name, seen=now, kept=row_id)

    def taken(self, window: str) -> set[int]:
        """The rows that other windows show or go to next."""
        others = [beat for other, beat in self._windows.items() if other != window]
        return {id for beat in others for id in (beat.row_id, beat.kept) if id is not None}

    def leave(self, window: str) -> None:
        """This window shows no row any more."""
        self._windows.pop(window, None)
