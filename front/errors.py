"""Failures of HTTP itself, in the form that every answer of the front door has."""

from sanic.exceptions import SanicException
from sanic.request import Request

from pipeline.errors import InternalError, NotJson, PictureTooLarge, ServiceBusy, ServiceError


class NoSuchPath(ServiceError):
    status, code = 404, "NO_SUCH_PATH"
    message = "There is nothing at this path; pictures go to POST /ocr_handler."


class WrongMethod(ServiceError):
    status, code = 405, "WRONG_METHOD"
    message = "This path does not take this method."


class BadRequest(ServiceError):
    status, code = 400, "BAD_REQUEST"
    message = "This is not a well-formed HTTP request."


class HeadersTooLong(ServiceError):
    status, code = 431, "HEADERS_TOO_LONG"
    message = "The first line and the headers of a request may have 8 KiB together."


class RequestTimeout(ServiceError):
    status, code = 408, "REQUEST_TIMEOUT"
    message = "The request did not arrive in time."


_BY_STATUS: dict[int, type[ServiceError]] = {
    404: NoSuchPath,
    405: WrongMethod,
    408: RequestTimeout,
    413: PictureTooLarge,
    503: ServiceBusy,
}

# What today's service answered with status 200 (FUNDOCR_LEGACY_STATUS): broken JSON, failed
# downloads and failed corrections.
LEGACY_200: dict[str, frozenset[str]] = {
    "ocr_handler": frozenset({NotJson.code, "FETCH_FAILED", "FETCH_TIMEOUT"}),
    "ocr_info_update": frozenset({NotJson.code, "UNKNOWN_IMAGE", "DATABASE_UNAVAILABLE"}),
}


def from_sanic(error: SanicException, request: Request) -> ServiceError:
    """Sanic's exceptions of routing and parsing as ours."""
    if error.status_code == 413 and request.method == "NONE":  # Sanic could not read the headers
        return HeadersTooLong()
    if error.status_code in _BY_STATUS:
        return _BY_STATUS[error.status_code]()
    return BadRequest() if error.status_code < 500 else InternalError()
