"""Escapes control characters in foreign texts, for a terminal or a log."""

import re

# Controls of both kinds (ESC and U+009B begin commands to a terminal), ends of lines that only some
# readers know, marks that turn what follows, and halves of characters, which cannot be written.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def escaped(text: str) -> str:
    """The text with `\\u001b` for what is not seen and yet does something; in JSON it means the
    same."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
