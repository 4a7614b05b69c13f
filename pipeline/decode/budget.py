"""How many decoded pixels a worker holds at once, whatever a batch brings."""

from threading import Condition


class PixelBudget:
    """A number of pixels that pictures share; any number of threads may ask.

    A picture takes its part before it is decoded and gives it back when it has been read. One that
    is larger than the whole budget gets it all, when nobody else has a part of it.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._taken = 0
        self._waiting = 0
        self._changed = Condition()

    def take(self, pixels: int) -> None:
        """Wait until there is room for so many pixels, and take it."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._has_room(pixels))
            finally:
                self._waiting -= 1
            self._taken += pixels

    def give(self, pixels: int) -> None:
        """Give back what `take` took."""
        with self._changed:
            self._taken -= pixels
            self._changed.notify_all()

    @property
    def is_short(self) -> bool:
        """Whether somebody waits until others give theirs back."""
        with self._changed:
            return self._waiting > 0

    def _has_room(self, pixels: int) -> bool:
        return not self._taken or self._taken + pixels <= self._pixels
