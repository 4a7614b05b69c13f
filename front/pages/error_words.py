"""What a person is shown of an error: a sentence for each code, in Chinese and in English.

Programs read the codes, and the sentences that callers of the old paths already know; on a page
these would be a foreign language.
"""

from typing import Final

_AGAIN_ZH, _AGAIN_EN = "请稍后再试。", "Please try again later."

ERRORS: Final[dict[str, tuple[str, str]]] = {
    "ADDRESS_NOT_ALLOWED": (
        "不允许从这个地址取图片。",
        "Pictures may not be fetched from this address.",
    ),
    "BAD_BATCH": ("批量请求的格式不对。", "The batch has another form than it should."),
    "BAD_FORM": ("表单里没有图片。", "The form holds no picture."),
    "BAD_FUND_CODE": (
        "基金代码须为六位数字，例如 011608。",
        "A fund code is six digits, such as 011608.",
    ),
    "BAD_HOLD_SHARE": (
        "份额须为普通数字，小数点前至多 16 位、后至多 4 位，例如 1234.56。",
        "A share is a plain number of at most 16 digits before the point and 4 after it, "
        "such as 1234.56.",
    ),
    "BAD_PICTURE": ("图片已损坏，或不完整。", "The picture is damaged or cut off."),
    "BAD_QUERY": (
        "查询条件不对，请检查链接、编号、筛选项和日期。",
        "What was asked for is not valid: check the link or the id, the filters and the days.",
    ),
    "BAD_REQUEST": ("请求有误。", "The request is not right."),
    "BAD_URL": (
        "链接不是普通的 http 或 https 地址。",
        "The link is not a plain http or https address.",
    ),
    "CROSS_SITE": (
        "这个请求来自别的网站，没有执行。",
        "A page of another site sent this request; it was not done.",
    ),
    "DATABASE_UNAVAILABLE": (
        "数据库暂时连不上，什么也没有丢，稍后再试。",
        "The database cannot be reached at present; nothing is lost. Please try again.",
    ),
    "FETCH_FAILED": ("图片下载失败。", "The picture could not be fetched."),
    "FETCH_TIMEOUT": ("图片下载超时。", "The picture's host took too long."),
    "HEADERS_TOO_LONG": ("请求头太长。", "The headers of the request are too long."),
    "HOST_NOT_ALLOWED": (
        "不允许从这个网站或它的这个端口取图片。",
        "Pictures may not be fetched from this host, or from this port of it.",
    ),
    "HOST_NOT_SERVED": ("服务不以这个域名应答。", "The service does not answer under this name."),
    "INTERNAL_ERROR": ("服务出错，已记入日志。", "The service failed; it has been logged."),
    "MISSING_FIELD": ("缺少必填的内容。", "Something that is needed is missing."),
    "NOTHING_TO_REVIEW": (
        "这一行没有可以确认或撤销的。",
        "The row has nothing that could be confirmed or taken back.",
    ),
    "NOT_A_PICTURE": (
        "这不是 JPEG、PNG、WEBP 或 BMP 图片。",
        "This is not a JPEG, PNG, WEBP or BMP picture.",
    ),
    "NOT_JSON": ("请求的内容无法读取。", "The body of the request cannot be read."),
    "NOT_READY": ("服务还没有就绪。" + _AGAIN_ZH, "The service is not ready. " + _AGAIN_EN),
    "NO_KEY": ("请先登录。", "Please log in."),
    "NO_SUCH_BATCH": ("没有这个批次。", "There is no such batch."),
    "NO_SUCH_PATH": ("没有这一页。", "There is no such page."),
    "NO_SUCH_VERSION": ("没有这个模型版本。", "There is no such version of the model."),
    "PICTURE_NOT_KEPT": (
        "上传的图片不保存，无法再看。",
        "Uploaded pictures are not kept and cannot be shown.",
    ),
    "PICTURE_TOO_SMALL": ("图片太小，无法识别。", "The picture is too small to be read."),
    "REQUEST_TIMEOUT": ("请求没有及时到达。", "The request did not arrive in time."),
    "ROLE_TOO_LOW": (
        "这把密钥只能调用接口，不能审核。请向管理员要一把可以审核的密钥（corrector）。",
        "This key may call the service but not review. Ask an admin for a corrector key.",
    ),
    "ROW_CHANGED": (
        "您打开之后有人改过这一行。",
        "Somebody changed this row after you opened it.",
    ),
    "SERVICE_BUSY": ("服务正忙。" + _AGAIN_ZH, "The service is busy. " + _AGAIN_EN),
    "TOO_MANY_BYTES": ("图片太大。", "The picture has too many bytes."),
    "TOO_MANY_ITEMS": (
        "排队的批量任务太多。" + _AGAIN_ZH,
        "You have too many items in the queue. " + _AGAIN_EN,
    ),
    "TOO_MANY_PIXELS": ("图片的像素太多。", "The picture has too many pixels."),
    "TOO_MANY_REQUESTS": ("请求太快了，请稍等。", "Too many requests; please wait a moment."),
    "UNKNOWN_IMAGE": ("没有这一行。", "There is no such row."),
    "WRONG_KEY": ("密钥不对，或已收回。", "This key is wrong or has been revoked."),
    "WRONG_METHOD": (
        "这个地址供程序调用，不能在浏览器里打开。",
        "This address is for programs; a browser cannot open it.",
    ),
    "WRONG_TYPE": ("填写的内容格式不对。", "Something has another form than it should."),
}
