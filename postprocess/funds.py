"""A list of funds: does a code belong to the name on the screen?"""

import re
from collections.abc import Mapping
from enum import Enum
from hashlib import sha256

from postprocess.normalize import compact, normalize

_SAME = 0.8
"""Share of the shorter name's characters that stand in the longer one, in order: the same fund."""
_OTHER = 0.5
"""The same, below which it is another fund."""
_FILLING = re.compile(r"型|证券投资基金|发起式|发起|开放式|基金|[()\[\].…·-]")
_CLASS = re.compile(r"([A-Z])(?:类)?$")


class Fit(Enum):
    """What the list says of a code and a name."""

    SAME = "the name is the code's"
    OTHER = "the name is another fund's"
    UNKNOWN = "the list does not tell"


class FundList:
    """Codes and names as the holder of the list writes them (CSV: code,name).

    version: of its content; rows carry it, because another list may decide otherwise.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {code: _plain(name) for code, name in names.items()}
        content = "\n".join(f"{code},{name}" for code, name in sorted(self._names.items()))
        self.version = f"funds@{sha256(content.encode()).hexdigest()[:8]}"

    def fit(self, code: str, name: str) -> Fit:
        """Compare a code with a name as it was read; apps shorten names, OCR misreads them."""
        listed = self._names.get(code)
        shown = _plain(name)
        if not listed or not shown:
            return Fit.UNKNOWN
        likeness = _likeness(listed, shown)
        if likeness < _OTHER:
            return Fit.OTHER
        a, b = _CLASS.search(listed), _CLASS.search(shown)
        if a and b and a[1] != b[1]:
            return Fit.OTHER
        return Fit.SAME if likeness >= _SAME else Fit.UNKNOWN


def _plain(name: str) -> str:
    return _FILLING.sub("", compact(normalize(name)).upper())


def _likeness(one: str, other: str) -> float:
    """Length of the longest common subsequence, of the shorter one's length."""
    row = [0] * (len(other) + 1)
    for a in one:
        corner = 0
        for index, b in enumerate(other, start=1):
            above = row[index]
            row[index] = corner + 1 if a == b else max(above, row[index - 1])
            corner = above
    return row[-1] / min(len(one), len(other))
