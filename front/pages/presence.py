"""Who has which card open: beats of open windows, kept in this process and forgotten in seconds.

It is a courtesy between people, not a lock: what is saved is guarded by `row_version`.
"""

from collections import defaultdict
from dataclasses import dataclass

# Windows tell that they are still open this often, and are forgotten when they have not for so
# long (s). Browsers slow timers of hidden windows down to one a minute at worst: such a window is
# not looked at.
BEAT_SECONDS = 8
FORGOTTEN_SECONDS = 25
# Of one row so many windows are remembered: nobody fills the memory with invented windows.
WINDOWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One window's last sign of life. seen: seconds of a monotonic clock."""

    name: str
    seen: float


class Presence:
    """The open windows of one process; used from its event loop only."""

    def __init__(self) -> None:
        self._windows: dict[int, dict[str, Beat]] = defaultdict(dict)

    def beat(self, row_id: int, window: str, name: str, now: float) -> list[str]:
        """This window shows this row and no other; the names in the other windows that do,
        each once, in order."""
        self.leave(window)
        self._forget(now)
        windows = self._windows[row_id]
        if len(windows) < WINDOWS:
            windows[window] = Beat(name=name, seen=now)
        return sorted({beat.name for other, beat in windows.items() if other != window})

    def leave(self, window: str) -> None:
        """This window shows no row any more."""
        for row_id in [row_id for row_id, ones in self._windows.items() if window in ones]:
            del self._windows[row_id][window]
            if not self._windows[row_id]:
                del self._windows[row_id]

    def _forget(self, now: float) -> None:
        for row_id, windows in list(self._windows.items()):
            for window, beat in list(windows.items()):
                if now - beat.seen > FORGOTTEN_SECONDS:
                    del windows[window]
            if not windows:
                del self._windows[row_id]
