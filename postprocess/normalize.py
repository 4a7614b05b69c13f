"""One way of writing: what OCR returns, in the form that the rules compare."""

import re
import unicodedata

# NFKC would turn these signs into digits: a footnote's ² or a help button read as ① would become
# part of the number beside it. They become a space.
_DIGIT_SIGNS = re.compile(r"[²³¹¼-¾⁰-₟⅐-↋①-⓿❶-➓㉈-㉟㊀-㋿㍘-㏾]|[\U0001f100-\U0001f10c]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–−﹣", "-"))
_SPACES = re.compile(r"\s+")


def normalize(text: str) -> str:
    """NFKC (full-width digits, letters and brackets become narrow ones), one kind of dash, no
    invisible characters. Idempotent; spaces stay, because they part two numbers.
    """
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", _DIGIT_SIGNS.sub(" ", text))
    return _INVISIBLE.sub("", text).translate(_DASHES)


def compact(text: str) -> str:
    """A normalised text without its spaces, as labels and names are compared."""
    return _SPACES.sub("", text)
