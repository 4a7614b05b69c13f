"""Tells from its first bytes whether a body is a picture or a JSON object."""

# Of the kinds that are read, and of others that people take for pictures: those are refused as what
# they are, not as broken JSON. No JSON begins like any of them.
_PICTURES = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"RIFF",  # WEBP
    b"BM",  # BMP
    b"GIF8",
    b"II*\0",  # TIFF
    b"MM\0*",
    b"%PDF",
)
# HEIC and AVIF: the length of the first box, whose first byte is 0, and its name.
_BOX = slice(4, 8)
_BEFORE_JSON = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def is_picture(content: bytes) -> bool:
    """Whether it begins as a picture's file does; it may be damaged all the same."""
    is_box = content.startswith(b"\0") and content[_BOX] == b"ftyp"
    return is_box or content.startswith(_PICTURES)


def is_object(content: bytes) -> bool:
    """Whether it begins as a JSON object does, whatever stands before it in UTF-8 or UTF-16."""
    return content[:64].lstrip(_BEFORE_JSON).startswith(b"{")
