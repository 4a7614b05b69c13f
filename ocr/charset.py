"""Which characters of a recogniser's dictionary a fund app can show.

PP-OCRv6 knows 15,908 Chinese characters, most of which no app has ever shown; telling them apart
costs a tenth of a line's time (docs/adr/0012). Nothing else is left out: a digit of another script
that was no longer known would be read as one of ours.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_HAN = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
_BIG5_RARE = 0xC9
"""First byte from which Big5 has its rarely used characters."""


def kept_classes(characters: Sequence[str]) -> npt.NDArray[np.int64]:
    """The classes to tell apart, ascending; class 0, the blank, is the first of them.

    characters: class → text. Of the Chinese characters those of GB 2312 stay (6,763, simplified)
    and those of Big5's first level (5,401, traditional); all other classes stay too.
    """
    return np.array([index for index, text in enumerate(characters) if _is_kept(text)], np.int64)


def _is_kept(text: str) -> bool:
    return not _is_han(text) or _encoded(text, "gb2312") is not None or _is_usual_in_big5(text)


def _is_han(text: str) -> bool:
    return len(text) == 1 and any(first <= text <= last for first, last in _HAN)


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def _is_usual_in_big5(text: str) -> bool:
    code = _encoded(text, "big5")
    return code is not None and code[0] < _BIG5_RARE
