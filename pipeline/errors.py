"""Errors of one request. Inside a batch an error is a value, never an exception that could reach a
neighbour.

ServiceError
├── NotJson 400              ├── PictureTooLarge 413, TooManyPixels 413
├── MissingField 400         ├── NotAPicture 415
├── WrongType 400            ├── BadPicture 422, PictureTooSmall 422
├── BadUrl 400               ├── FetchFailed 502
├── BadFundCode 400          ├── FetchTimeout 504
├── BadHoldShare 400         ├── DatabaseUnavailable 503
├── HostNotAllowed 403       ├── ServiceBusy 503
├── AddressNotAllowed 403    └── InternalError 500
├── UnknownImage 404
├── NothingToReview 409
└── RowChanged 412

The Chinese sentences are those of the replaced service, to the letter: its callers know them.
"""

from typing import Any, ClassVar

from pipeline.url_types import URL_TYPES

RECOGNISE_REQUIRED = (
    "请求失败, 'image_url' 和 'url_type' 字段都是必填参数, 不能为空。"
    f"且 'url_type' 只能为 {' 或 '.join(map(repr, URL_TYPES))}"
)
RECOGNISE_STRINGS = "请求失败, 'image_url' 和 'url_type' 字段都必须为字符串类型。"
UPDATE_REQUIRED = (
    "请求失败, 'image_url'、'update_fund_code' 和 'update_hold_share' 字段都是必填参数, 不能为空。"
)
UPDATE_STRINGS = (
    "请求失败, 'image_url'、'update_fund_code' 和 'update_hold_share' 字段都必须为字符串类型。"
)
UPDATE_UNKNOWN = "MySQL中ocr信息更新失败,请先确保您的图片已被解析并存入MySQL表中。"
UPDATE_FAILED = "MySQL中ocr信息更新失败,在执行更新操作时出现错误。"
FETCH_FAILED = "图片下载失败，请检查所输入图片链接是否有效。"
FETCH_ENCODED = "图片下载失败，图片所在的服务器发来的是压缩过的内容（{}），请让它原样发送图片。"


class ServiceError(Exception):
    """A refused request: one sentence for the caller, a stable code and an HTTP status.

    detail: JSON-ready extra keys of the answer (the present row of a 412).
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    message: ClassVar[str] = "The service failed on this request; it has been logged."
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, message: str | None = None, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message or self.message)
        self.detail = detail or {}


class InternalError(ServiceError):
    pass


class NotJson(ServiceError):
    """cause: what was sent in its place, in a word for programs: `empty`, `form` (its fields and no
    JSON), `no object` (other JSON), `syntax`; empty where nobody looked."""

    status, code = 400, "NOT_JSON"
    message = "没有获取到您传入的数据，请仔细检查您的输入。"

    def __init__(self, cause: str = "") -> None:
        super().__init__(detail={"detail": {"cause": cause}} if cause else None)


class MissingField(ServiceError):
    status, code = 400, "MISSING_FIELD"
    message = RECOGNISE_REQUIRED


class WrongType(ServiceError):
    status, code = 400, "WRONG_TYPE"
    message = RECOGNISE_STRINGS


class BadUrl(ServiceError):
    status, code = 400, "BAD_URL"
    message = "The image_url is not a plain http or https address."


class BadFundCode(ServiceError):
    status, code = 400, "BAD_FUND_CODE"
    message = "update_fund_code must be six digits, such as 011608."


class BadHoldShare(ServiceError):
    status, code = 400, "BAD_HOLD_SHARE"
    message = (
        "update_hold_share must be a plain number of at most 16 digits before the point "
        "and 4 after it, such as 1234.56."
    )


class HostNotAllowed(ServiceError):
    status, code = 403, "HOST_NOT_ALLOWED"
    message = "Pictures may not be fetched from this host for this url_type."


class AddressNotAllowed(ServiceError):
    status, code = 403, "ADDRESS_NOT_ALLOWED"
    message = "Pictures may not be fetched from this address for this url_type."


class UnknownImage(ServiceError):
    status, code = 404, "UNKNOWN_IMAGE"
    message = UPDATE_UNKNOWN


class NothingToReview(ServiceError):
    status, code = 409, "NOTHING_TO_REVIEW"
    message = "The row has nothing that could be confirmed or taken back."


class RowChanged(ServiceError):
    status, code = 412, "ROW_CHANGED"
    message = "The row has changed since the row_version that was sent."


class PictureTooLarge(ServiceError):
    status, code = 413, "TOO_MANY_BYTES"
    message = "The picture has more bytes than FUNDOCR_MAX_BYTES allows."


class TooManyPixels(ServiceError):
    status, code = 413, "TOO_MANY_PIXELS"
    message = "The picture has more pixels than FUNDOCR_MAX_PIXELS allows."


class NotAPicture(ServiceError):
    status, code = 415, "NOT_A_PICTURE"
    message = "The data is not a JPEG, PNG, WEBP or BMP picture."


class BadPicture(ServiceError):
    status, code = 422, "BAD_PICTURE"
    message = "The picture is damaged or cut off."


class PictureTooSmall(ServiceError):
    status, code = 422, "PICTURE_TOO_SMALL"
    message = "The picture is too small to be read."


class FetchFailed(ServiceError):
    """cause: what happened there, in a word for programs: `status 403`, `redirect`, `refused`,
    `unreachable`, `name` (it has no address), `tls`, `encoding`, `closed` (too early), `protocol`.
    """

    status, code = 502, "FETCH_FAILED"
    message = FETCH_FAILED

    def __init__(self, cause: str, message: str | None = None) -> None:
        super().__init__(message, {"detail": {"cause": cause}})
        self.cause = cause


class FetchTimeout(ServiceError):
    status, code = 504, "FETCH_TIMEOUT"
    message = FETCH_FAILED


class DatabaseUnavailable(ServiceError):
    status, code, retry_after_s = 503, "DATABASE_UNAVAILABLE", 2
    message = "The database cannot be reached; nothing was stored. Please ask again."


class TablesMissing(DatabaseUnavailable):
    # Asking again helps only when an operator has done what it says.
    message = (
        "The database has no tables of this version; an operator makes them with "
        "`fundocr db upgrade`. Nothing was stored."
    )


class UpdateFailed(DatabaseUnavailable):
    message = UPDATE_FAILED


class ServiceBusy(ServiceError):
    status, code, retry_after_s = 503, "SERVICE_BUSY", 2
    message = "The service cannot take this request right now. Please ask again."
