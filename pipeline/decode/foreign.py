"""What a file is that is no picture we read, and how to send instead what it shows.

Decoding more kinds would let more strangers' bytes into more decoders; who sends one is told what
he has there.
"""

_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_AS_SCREENSHOT = "send a screenshot of it as PNG or JPEG"
_AS_PHOTO = "save it as JPEG or PNG and send that"
# An iPhone's camera does not write JPEG unless it is told to; its screenshots are PNG.
_FROM_A_PHONE = (
    "send a screenshot (PNG), or set the phone's camera to the most compatible format (JPEG)"
)
_KINDS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"GIF87a", b"GIF89a"), "a GIF", _AS_SCREENSHOT),
    ((b"%PDF-",), "a PDF document", _AS_SCREENSHOT),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "a TIFF picture", _AS_PHOTO),
    ((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"), "a JPEG XL picture", _AS_PHOTO),
    ((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"), "a JPEG 2000 picture", _AS_PHOTO),
    ((b"PK\x03\x04",), "a ZIP archive or an office document", _AS_SCREENSHOT),
)
_BEGINNING = 512
_PAGES = (b"<!doctype html", b"<html")


def named(content: bytes) -> str | None:
    """One sentence that names the kind and what to send instead; None where it is not known."""
    kind = _kind(content)
    return None if kind is None else f"This is {kind[0]}, which is not read; {kind[1]}."


def _kind(content: bytes) -> tuple[str, str] | None:
    for beginnings, name, instead in _KINDS:
        if content.startswith(beginnings):
            return name, instead
    if content[4:8] == b"ftyp":
        return _of_brands(content)
    text = content[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PAGES):
        return "a web page", "send the picture itself, or a link that leads to nothing else"
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "an SVG drawing", _AS_SCREENSHOT
    return None


def _of_brands(content: bytes) -> tuple[str, str] | None:
    """Of an ISO base media file (ISO/IEC 14496-12) by its main and its compatible brands."""
    length = min(int.from_bytes(content[:4]), _BEGINNING)
    brands = {content[place : place + 4] for place in (8, *range(16, length, 4))}
    if brands & _AVIF:
        return "an AVIF picture", _AS_PHOTO
    if brands & _HEIF:
        return "a HEIC picture", _FROM_A_PHONE
    return "a film", _AS_SCREENSHOT
