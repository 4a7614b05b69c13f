"""What can go wrong when a reader is opened, and the one thing that a reader refuses.

ReaderError
├── ModelError     a model folder is incomplete, damaged or not for this engine
├── DeviceError    the engine cannot use the device that was asked for
└── EngineMissing  the engine's packages are not installed
TooMuchText        raised by `read`
"""


class ReaderError(Exception):
    """One sentence for the operator that says what is wrong and what to do."""


class ModelError(ReaderError):
    """Names the file or folder that is wrong."""


class DeviceError(ReaderError):
    """Names the device and the engine."""


class EngineMissing(ReaderError):
    """Names the engine and its packages."""


class TooMuchText(Exception):
    """A picture shows more text than is read of one; see ocr.limits."""
