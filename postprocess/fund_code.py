"""Which six digits on a page are a fund's code.

What a number looks like does not tell: 202015 and 163407 are codes. Its neighbours and the words
around it do: no digit, point, sign, currency or unit touches a code, and the words beside it are
基金代码, a fund's name or a mark such as 混合型, or there are none.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

from postprocess.geometry import Sheet, Token, gap
from postprocess.labels import FIELDS, Role
from postprocess.names import is_chip, is_name
from postprocess.normalize import compact, normalize
from postprocess.numbers import LIKE_DIGITS
from postprocess.pairing import pair


class Standing(IntEnum):
    """How surely six digits are a code."""

    LOOSE = 0
    """They stand alone."""
    NAMED = 1
    """They stand in or beside a fund's name or kind."""
    LABELLED = 2
    """They stand behind 基金代码."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Six digits and where they stand."""

    value: str
    token: Token
    standing: Standing


NO_CODE_WORDS = (
    *(
        "验证码",
        "校验码",
        "动态码",
        "邀请码",
        "取件码",
        "口令",
        "密码",
        "订单",
        "单号",
        "流水",
        "编号",
    ),
    *(
        "尾号",
        "卡号",
        "账号",
        "帐号",
        "电话",
        "热线",
        "客服",
        "手机",
        "邮编",
        "工号",
        "学号",
        "证号",
    ),
    *(
        "合同",
        "协议",
        "委托",
        "股东",
        "客户号",
        "交流群",
        "QQ",
        "微信",
        "房间",
        "人数",
        "人次",
        "浏览",
    ),
    *(
        "关注",
        "粉丝",
        "已售",
        "销量",
        "排名",
        "热度",
        "金额",
        "余额",
        "份额",
        "时间",
        "日期",
        "成立",
    ),
    *("积分", "笔数"),
)
"""Words before six digits that make them something else than a code."""

_NO_CODE_ENDINGS = tuple("总共约满起第码号额率价费数群")
_SENTENCE = re.compile(r"[,，。!！?？;；【】]|请|勿|您|我|了")
_OPEN_BRACKET = re.compile(r"[(\[<]\s*$")
_EDGES = " ::|·-–/()[]<>【】,."
_CLASS_LETTER = re.compile(r"(?:\.?(?:OF|SH|SZ)|[A-Z](?:类)?)")
_END_OF_NAME = re.compile(r"[\u3400-\u9fff]{0,3}[A-Z]|(?:ETF|LOF|QDII|FOF)[A-Z]?")
_SHORT_NAME = re.compile(r"^\s*[\u3400-\u9fff]{4,10}\s+$")
_CJK = re.compile(r"[\u3400-\u9fff]")
_DIGIT = re.compile("[0-9]")
_NAME_CHARACTERS = 3
_TIGHT = 1.5
_DIGITS = 6
_LIKE_CODE = re.compile(r"(?=(?:.*[0-9]){4})[0-9OoQDlI|SBZ]+")


def find_codes(sheet: Sheet) -> tuple[Code, ...]:
    """The codes of a page from the top, each value once.

    Where one stands behind 基金代码, digits that stand alone do not count.
    """
    digits = [token for token in sheet.tokens if token.number and token.number.digits]
    if not digits:
        return ()
    labelled = _labelled(sheet)
    codes: dict[str, Code] = {}
    for token in digits:
        standing = Standing.LABELLED if id(token) in labelled else _standing(sheet, token)
        if standing is None:
            continue
        code = Code(value=token.part.text, token=token, standing=standing)
        known = codes.get(code.value)
        if known is None or known.standing < standing:
            codes[code.value] = code
    for token in sheet.tokens:
        value = _damaged(token)
        if codes and value and value not in codes:
            codes[value] = Code(value=value, token=token, standing=Standing.NAMED)
    if any(code.standing is Standing.LABELLED for code in codes.values()):
        return tuple(code for code in codes.values() if code.standing > Standing.LOOSE)
    return tuple(codes.values())


def _damaged(token: Token) -> str:
    """Digits that fill their line and of which some were read as letters, as they may be meant.

    They are never an answer, but beside a code they show that there is another one.
    """
    line = token.lines[0].text.strip(_EDGES) if token.first else ""
    if len(line) != _DIGITS or line.isdigit() or not _LIKE_CODE.fullmatch(line):
        return ""
    return line.translate(LIKE_DIGITS)


def _labelled(sheet: Sheet) -> set[int]:
    """Digits that belong to a label such as 基金代码, by their identity."""
    found = set()
    for label in sheet.tokens:
        if label.role is Role.CODE:
            right = sheet.right_of(label)
            if right is None or right.number is None:
                right = sheet.below(label)
            if right is not None:
                found.add(id(right))
    return found


def _standing(sheet: Sheet, token: Token) -> Standing | None:
    """How surely digits without a label of their own are a code; None: they are none."""
    line = "".join(line.text for line in token.lines)
    before, _, after = normalize(line).partition(token.part.text)
    bracket = _OPEN_BRACKET.search(before) is not None
    words = before
    before, after = before.strip(_EDGES), after.strip(_EDGES)
    if _CLASS_LETTER.fullmatch(after):
        after = ""
    if not before or is_chip(before):
        if before or (after and is_chip(after)):
            return Standing.NAMED
        if not after:
            return _alone(sheet, token)
        return _before_words(after)
    if _has_no_code_word(before):
        return None
    if is_name(before):
        return Standing.NAMED
    if compact(before).endswith(_NO_CODE_ENDINGS):
        return None
    if bracket and len(_CJK.findall(before)) >= _NAME_CHARACTERS:
        return Standing.NAMED
    if after:
        return None
    return Standing.LOOSE if _END_OF_NAME.fullmatch(before) or _SHORT_NAME.search(words) else None


def _before_words(after: str) -> Standing | None:
    if _has_no_code_word(after) or _SENTENCE.search(after):
        return None
    if is_name(after):
        return Standing.NAMED
    return Standing.LOOSE if len(_CJK.findall(after)) >= _NAME_CHARACTERS else None


def _alone(sheet: Sheet, token: Token) -> Standing | None:
    """Digits that fill their line: what stands around them decides."""
    left = sheet.left_of(token)
    if left is not None and left.number is None and not is_chip(left.part.text):
        words = normalize(left.lines[-1].text)
        if is_name(words):
            return Standing.NAMED
        if left.role in FIELDS or _says_no_code(words):
            return None
    near = (sheet.above(token), sheet.below(token))
    if any(t is not None and _claims(sheet, t, token) for t in near):
        return None
    named = any(t is not None and is_name(normalize(t.lines[0].text)) for t in near)
    return Standing.NAMED if named else Standing.LOOSE


def _claims(sheet: Sheet, label: Token, token: Token) -> bool:
    """True for the label of another number above or below that has no other number."""
    number = token.number
    if number is None or number.kind != "sure":
        return False  # no amount begins with 0
    if label.number is not None or gap(label, token) > _TIGHT * token.height:
        return False
    line = normalize(label.lines[0].text)
    if _DIGIT.search(line) or is_name(line):
        return False
    if label.role not in FIELDS and not _says_no_code(label.part.text.strip(_EDGES)):
        return False
    return pair(sheet, label).value is None


def _says_no_code(words: str) -> bool:
    return compact(words).endswith(_NO_CODE_ENDINGS) or _has_no_code_word(words)


def _has_no_code_word(words: str) -> bool:
    words = compact(words)
    return any(word in words for word in NO_CODE_WORDS)
