"""Answers HTTP's own failures (no such path, too large …) in the form that every answer here
has."""

from sanic.exceptions import SanicException
from sanic.request import Request

from pipeline.errors import (
    InternalError,
    NotJson,
    PictureTooLarge,
    ServiceBusy,
    ServiceError,
    UnknownImage,
)


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


class BadForm(ServiceError):
    status, code = 400, "BAD_FORM"
    message = (
        "A form must hold one picture in the field image (or data); besides it only refresh and "
        "dry_run are looked at."
    )


class BadBatch(ServiceError):
    status, code = 400, "BAD_BATCH"
    message = 'A batch is a JSON list of 1 to 1,000 items {"image_url": "…", "url_type": "…"}.'


class BadQuery(ServiceError):
    status, code = 400, "BAD_QUERY"
    message = "Ask with either image_url=… or id=…, a whole number from 1."


class NoSuchRow(UnknownImage):
    # Nobody has corrected anything: the sentence of the correction would be another one's.
    message = "Nothing was recognised under this link or id; POST /ocr_handler does it."


class NoKey(ServiceError):
    status, code = 401, "NO_KEY"
    message = "Send a key as `Authorization: Bearer <key>`; an operator makes one for you."


class WrongKey(ServiceError):
    status, code = 401, "WRONG_KEY"
    message = "This key is not known here, or was revoked."


class HostNotServed(ServiceError):
    status, code = 421, "HOST_NOT_SERVED"
    message = (
        "Under this Host nothing is answered without a key; FUNDOCR_HOSTS names the hosts that are."
    )


class RoleTooLow(ServiceError):
    status, code = 403, "ROLE_TOO_LOW"
    message = "Your key's role does not allow this."


class CrossSite(ServiceError):
    status, code = 403, "CROSS_SITE"
    message = "This request was sent by a page of another site, or does not tell that it was not."


class NoSuchVersion(ServiceError):
    status, code = 404, "NO_SUCH_VERSION"
    message = "This version of the model is not registered."


class NoSuchBatch(ServiceError):
    status, code = 404, "NO_SUCH_BATCH"
    message = "There is no batch of this id."


class TooManyRequests(ServiceError):
    status, code, retry_after_s = 429, "TOO_MANY_REQUESTS", 1
    message = "You send more requests per second than FUNDOCR_RATE allows; please slow down."


class TooManyItems(ServiceError):
    status, code, retry_after_s = 429, "TOO_MANY_ITEMS", 60
    message = "You have as many items of batches in the queue as FUNDOCR_OPEN_ITEMS allows."


class NotReady(ServiceError):
    status, code, retry_after_s = 503, "NOT_READY", 2
    message = "The service is not ready."


_BY_STATUS: dict[int, type[ServiceError]] = {
    404: NoSuchPath,
    405: WrongMethod,
    408: RequestTimeout,
    413: PictureTooLarge,
    503: ServiceBusy,
}

# What the replaced service answered with status 200 (FUNDOCR_LEGACY_STATUS): broken JSON, failed
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
