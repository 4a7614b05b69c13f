"""Errors of a backfill as a whole, and of a picture beside the pipeline's own errors. The codes
stand in reports; no request of the service is answered with them."""

from pipeline.errors import ServiceError


class BulkError(Exception):
    """The backfill cannot go on: one sentence for whoever runs it. What is stored stays stored."""


class RoundBroke(Exception):
    """The cluster gave a round up; what it has not answered is asked for in the next one."""


class Later(ServiceError):
    """The picture's host is slow now: it has to wait until all others have been read."""

    status, code = 503, "LATER"


class HostSilent(ServiceError):
    status, code = 504, "HOST_SILENT"
    message = (
        "The host let all requests before this one time out, so this link was not tried. "
        "Run the same command again when the host answers."
    )


class ReaderDied(ServiceError):
    status, code = 500, "READER_DIED"
    message = "Each reader that was given this picture ended. Run the same command again."


class FileNotReadable(ServiceError):
    """The file is not there, or may not be read."""

    status, code = 404, "FILE_NOT_READABLE"
