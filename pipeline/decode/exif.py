"""The one EXIF entry that decides how a picture is seen."""

import struct

UPRIGHT = 1
_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4


def orientation_of(exif: bytes) -> int:
    """The orientation, 1–8, from EXIF data with or without its `Exif` prefix.

    Whatever cannot be read counts as upright, as viewers take it. Values as in CIPA DC-008
    (EXIF 2.32), tag 274.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, entry)
            if tag == _ORIENTATION and kind in (_SHORT, _LONG):
                form = order + ("H" if kind == _SHORT else "I")
                (value,) = struct.unpack_from(form, tiff, entry + 8)
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        return UPRIGHT
    return UPRIGHT
