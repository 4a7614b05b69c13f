"""What can go wrong when a reader is opened. Reading a picture raises nothing of these.

ReaderError
├── ModelError     a model folder is incomplete, damaged or not for this engine
└── DeviceError    the engine cannot use the device that was asked for
"""


class ReaderError(Exception):
    """One sentence for the operator that says what is wrong and what to do."""


class ModelError(ReaderError):
    """Names the file or folder that is wrong."""


class DeviceError(ReaderError):
    """Names the device and the engine."""
