"""How long the steps of reading take, told to whoever wants to know."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

Timed: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""`with timed("detect"): …` is told how long the block took. The steps of the fast reader are
`detect` and `recognise`."""


def untimed(_: str) -> AbstractContextManager[None]:
    """Nobody wants to know."""
    return nullcontext()
