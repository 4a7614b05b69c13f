"""Decodes a picture file's bytes to the pixels that a person would see."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from threading import Condition

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.decode.container import Container, open_container
from pipeline.decode.png import DAMAGE, load_quickly
from pipeline.errors import BadPicture, PictureTooLarge, PictureTooSmall, TooManyPixels
from pipeline.settings import Settings

# How many decoded pixels a worker holds at once, whatever a batch brings.


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

    def release(self, pixels: int) -> None:
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


MIN_SIDE = 15
MAX_SIDE = 30_000
MAX_ASPECT = 50
# Rows converted at a time, so that no conversion needs a further copy of the whole picture.
_STRIP = 64
_DECODERS: dict[str, Callable[[BytesIO], ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "BMP": BmpImageFile,
}
_WITH_ALPHA = ("RGBA", "LA", "PA")

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Image:
    """One decoded picture.

    sha256: 32 bytes, of the file as it came. pixels: height × width × 3, uint8, blue-green-red,
    C-contiguous, upright (EXIF applied), on white where the picture is transparent.
    """

    sha256: bytes
    pixels: Pixels

    @property
    def count(self) -> int:
        """How many pixels it has."""
        height, width, _ = self.pixels.shape
        return int(height * width)


def decode(content: bytes, settings: Settings, budget: PixelBudget | None = None) -> Image:
    """Decode a JPEG, PNG, WEBP or BMP file, known by its content; the first frame of a film.

    Nothing touches the disk; the same bytes give the same pixels in any thread.
    budget: waits until it has room, and takes as many pixels as the Image that is returned has.

    Raises
    PictureTooLarge, NotAPicture, TooManyPixels (told by the header, before decoding),
    PictureTooSmall, and BadPicture for a file that is damaged or not whole.
    """
    if len(content) > settings.max_bytes:
        raise PictureTooLarge
    container = open_container(content)
    _check_size(container, settings.max_pixels)
    count = container.width * container.height
    if budget is not None:
        budget.take(count)
    try:
        pixels = _upright(_pixels(container), container.orientation)
    except BaseException:
        if budget is not None:
            budget.release(count)
        raise
    return Image(sha256=sha256(content).digest(), pixels=pixels)


def _check_size(container: Container, max_pixels: int) -> None:
    short, long = sorted((container.width, container.height))
    if short <= 0:
        raise BadPicture
    if short * long > max_pixels:
        raise TooManyPixels
    if long > MAX_SIDE:
        raise TooManyPixels(f"The picture is longer than {MAX_SIDE} pixels.")
    if short < MIN_SIDE:
        raise PictureTooSmall
    if long > MAX_ASPECT * short:
        raise PictureTooSmall(f"The picture is more than {MAX_ASPECT} times as long as it is wide.")


def _pixels(container: Container) -> Pixels:
    try:
        picture: PIL.Image.Image = _load(container)
        if container.kind == "BMP" and picture.mode == "RGBA" and _is_clear(picture):
            picture = picture.convert("RGB")
        pixels = np.empty((picture.height, picture.width, 3), np.uint8)
        for top in range(0, picture.height, _STRIP):
            bottom = min(top + _STRIP, picture.height)
            strip = picture.crop((0, top, picture.width, bottom))
            pixels[top:bottom] = _bgr(strip)
    except DAMAGE as error:
        raise BadPicture from error
    return pixels


def _is_clear(picture: PIL.Image.Image) -> bool:
    """Whether all of it is transparent: Windows' own programs leave a BMP's alpha at 0, and mean
    nothing by it."""
    return picture.getchannel("A").getextrema() == (0, 0)


def _load(container: Container) -> ImageFile:
    if container.kind == "PNG":
        return load_quickly(container.data) or _load_png(container)
    picture = _open(container)
    picture.load()
    return picture


def _open(container: Container) -> ImageFile:
    # By class and not by PIL.Image.open: nothing is guessed, and no process-wide limit or
    # warning of Pillow takes part.
    picture = _DECODERS[container.kind](BytesIO(container.data))
    if picture.size != (container.width, container.height):
        raise BadPicture
    return picture


def _load_png(container: Container) -> ImageFile:
    """Pillow's picture, every row of it from the file, by Pillow alone.

    A PNG whose compressed data ends early leaves its last rows as they were before, and Pillow
    does not say so. So they are given a value before: where the last row to be written still
    has it, the picture is decoded once more over another one.
    """
    for value in (251, 0):
        picture = _open(container)
        # Interlaced files end with the odd rows.
        last = (picture.height & ~1 if picture.info.get("interlace") else picture.height) - 1
        row = (0, last, picture.width, last + 1)
        canvas = PIL.Image.new(picture.mode, picture.size, None)
        canvas.paste(PIL.Image.new(picture.mode, (picture.width, 1), value), row)
        picture.im = canvas.im
        picture.load()
        if (
            picture.crop(row).getextrema()
            != PIL.Image.new(picture.mode, (1, 1), value).getextrema()
        ):
            return picture
    raise BadPicture


def _bgr(strip: PIL.Image.Image) -> Pixels:
    if strip.mode == "I;16":
        return _bgr_from_16_bit_grey(strip)
    if strip.mode in _WITH_ALPHA or "transparency" in strip.info:
        strip = _on_white(strip if strip.mode == "RGBA" else strip.convert("RGBA"))
    elif strip.mode != "RGB":
        strip = strip.convert("RGB")
    flat = np.frombuffer(strip.tobytes("raw", "BGR"), np.uint8)
    return flat.reshape(strip.height, strip.width, 3)


def _on_white(strip: PIL.Image.Image) -> PIL.Image.Image:
    alpha = strip.getchannel("A")
    # Phones write screenshots with an alpha channel in which nothing is transparent.
    if alpha.getextrema() == (255, 255):
        return strip
    white = PIL.Image.new("RGB", strip.size, "white")
    white.paste(strip, mask=alpha)
    return white


def _bgr_from_16_bit_grey(strip: PIL.Image.Image) -> Pixels:
    # Pillow clips 16 bits to 8 instead of scaling them.
    deep = np.asarray(strip).astype(np.uint32)
    grey = ((deep + 128) // 257).astype(np.uint8)
    if "transparency" in strip.info:
        grey[deep == strip.info["transparency"]] = 255
    return np.repeat(grey[:, :, None], 3, axis=2)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
