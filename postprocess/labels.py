"""What apps call things. To teach the rules a new label, add one line to the list it belongs to.

Labels are written as they stand on the screen, without a unit in brackets: `可用份额` also finds
`可用份额(份)`, `可用份额：`, `当前可用份额` and, because a recogniser may slip in one character,
`可用份颧`. A slip never turns one word into another: the strange character must be one that no
label uses, and 可 and 份 must be there to the letter (`已赎回份额`, `可赎回余额` are other labels).
"""

import re
from enum import Enum
from functools import lru_cache

from postprocess.normalize import compact, normalize

AVAILABLE = (
    "可用份额",
    "可卖份额",
    "可卖出份额",
    "可售份额",
    "可出售份额",
    "可赎份额",
    "可赎回份额",
    "可转份额",
    "可转出份额",
    "可转换份额",
    "可取份额",
    "可取出份额",
    "可提取份额",
    "可支取份额",
    "可变现份额",
    "可交易份额",
    "可操作份额",
    "可用基金份额",
    "可赎回基金份额",
    "可用持仓份额",
    "可用持有份额",
    "可用份额余额",
    "可用产品份额",
    "可用总份额",
    "可卖总份额",
    "可赎回总份额",
    "份额可用",
    "可用份数",
    "可卖份数",
    "可赎回份数",
    "可用数量",
    "可卖数量",
    "可卖出数量",
    "可售数量",
    "可赎回数量",
    "Available Shares",
    "Available Units",
    "Redeemable Shares",
    "Redeemable Units",
)
"""Shares that may be sold, redeemed or converted now: these are asked for."""

AVAILABLE_SHORT = (
    "可用",
    "Available",
)
"""The same; but a cash account says so too, so without its number it says nothing."""

AVAILABLE_WITH_UNIT = (
    "可卖",
    "可卖出",
    "可赎",
    "可赎回",
    "可转出",
    "可转换",
    "可取",
    "可取出",
)
"""The same where the number carries 份; without it, it may be money."""

HELD = (
    "持有份额",
    "持仓份额",
    "基金份额",
    "产品份额",
    "当前份额",
    "最新份额",
    "我的份额",
    "现有份额",
    "拥有份额",
    "份额总额",
    "总份额",
    "持有总份额",
    "持仓总份额",
    "份额余额",
    "基金份额余额",
    "持有基金份额",
    "持有产品份额",
    "持有份额余额",
    "持有份数",
    "持仓份数",
    "持有数量",
    "持仓数量",
    "Shares Held",
    "Units Held",
    "Holding Shares",
    "Holding Units",
    "Total Shares",
    "Total Units",
)
"""All shares that are owned: the answer where the page does not say how many are available."""

HELD_WITH_UNIT = (
    "持有",
    "持仓",
    "共持有",
    "您持有",
    "拥有",
)
"""The same where the number carries 份."""

PREFIXES = (
    "当前",
    "目前",
    "最新",
    "实际",
    "我的",
    "您的",
    "您当前",
    "基金",
    "产品",
    "账户",
    "总",
)
"""What may stand before a label that begins with 可 or 持."""

PREFIXES_AVAILABLE = (
    "最多",
    "最大",
    "剩余",
    "全部",
    "当前最多",
    "当前最大",
)
"""What may stand before a label that begins with 可."""

FROZEN = (
    "冻结份额",
    "交易冻结份额",
    "质押冻结份额",
    "异常冻结份额",
    "司法冻结份额",
    "已冻结份额",
    "不可用份额",
    "占用份额",
    "锁定份额",
    "锁仓份额",
    "限售份额",
    "封闭份额",
)
"""Held, but not available: their numbers are no answer."""

OTHER_SHARES = (
    "赎回份额",
    "卖出份额",
    "转出份额",
    "转入份额",
    "转换份额",
    "取出份额",
    "取现份额",
    "确认份额",
    "待确认份额",
    "最低持有份额",
    "最低赎回份额",
    "最低保留份额",
    "成交份额",
    "委托份额",
    "申请份额",
    "买入份额",
    "申购份额",
    "认购份额",
    "定投份额",
    "分红份额",
    "红利再投份额",
    "在途份额",
    "变动份额",
    "未付份额",
    "未分配份额",
    "冻结数量",
    "委托数量",
    "成交数量",
)
"""Decoys: shares of an order, of a limit, of a day. Their numbers are nobody's holding."""

LOOKALIKES = (
    "最高份额",
    "基准份额",
    "可体验份额",
    "可赠份额",
    "可领份额",
    "可预约份额",
)
"""More decoys, one character off a label of shares: to the letter they are no misread ones. (One
that is misread itself may still be either, and is taken for the label.)"""

NOT_A_HOLDING = (
    *("不可", "非可", "冻", "押", "确认", "最低", "最少", "最小", "至少", "起购", "起投", "起卖"),
    *("起赎", "申购", "认购", "买入", "可买", "可购", "定投", "分红", "红利", "在途", "未付"),
    *("未分配", "预计", "预估", "申请", "委托", "成交", "保留", "转入", "变动", "增加", "减少"),
    *("单笔", "单日", "每日", "每笔", "累计", "昨日", "上限", "下限", "限额", "规模", "万份"),
    *("取消", "撤", "失败", "已", "可投", "可追加", "可参与", "分配", "配售", "入份"),
)
"""Words that make of any label of shares another number's label."""

LIMITS = (
    *("不", "非", "未", "已", "待", "最低", "最少", "最小", "至少", "每笔", "单笔", "单日", "每日"),
    *("预计", "预估", "累计"),
)
"""What makes a limit of it right before 可: 单账户最低可赎回份额."""

FIELD_ENDINGS = (
    *(
        "金额",
        "余额",
        "总额",
        "额度",
        "限额",
        "资产",
        "市值",
        "收益",
        "盈亏",
        "净值",
        "估值",
        "成本",
    ),
    *(
        "价",
        "率",
        "费",
        "涨幅",
        "跌幅",
        "涨跌",
        "本金",
        "利息",
        "本息",
        "现金",
        "红包",
        "积分",
        "券",
    ),
    *(
        "日期",
        "时间",
        "天数",
        "人数",
        "笔数",
        "次数",
        "期数",
        "排名",
        "热度",
        "规模",
        "账户",
        "编号",
    ),
    *(
        "单号",
        "卡号",
        "账号",
        "尾号",
        "流水号",
        "电话",
        "手机号",
        "验证码",
        "校验码",
        "密码",
        "邮编",
    ),
)
"""Ends of labels whose numbers are neither codes nor shares."""

NAV = (
    "净值",
    "单位净值",
    "最新净值",
    "基金净值",
    "当前净值",
    "参考净值",
    "产品净值",
    "份额净值",
    "今日净值",
    "最新单位净值",
    "基金单位净值",
    "基金份额净值",
    "最新份额净值",
    "NAV",
)
"""Yuan for one share."""

AMOUNT = (
    "持有金额",
    "持仓金额",
    "持有市值",
    "持仓市值",
    "持有资产",
    "持仓资产",
    "持有总额",
    "持仓总额",
    "持有总金额",
    "持有总市值",
    "基金市值",
    "基金金额",
    "基金资产",
    "参考市值",
    "参考金额",
    "最新市值",
    "当前市值",
    "当前金额",
    "当前资产",
    "资产金额",
    "市值",
)
"""What all held shares are worth. 总资产 and the like are not: they may count other funds too."""

AMOUNT_WITH_UNIT = (
    "金额",
    "资产",
)
"""The same where the label says (元); without it, it may be an order's."""

CODE = (
    "基金代码",
    "产品代码",
    "基金编码",
    "产品编码",
    "基金代号",
    "证券代码",
    "代码",
    "Fund Code",
    "Code",
)
"""Six digits behind one of these are a fund's code."""


class Role(Enum):
    """What a text says about the number that belongs to it."""

    AVAILABLE = "available"
    AVAILABLE_SHORT = "available, without a number it says nothing"
    AVAILABLE_WITH_UNIT = "available, if the number carries 份"
    HELD = "held"
    HELD_WITH_UNIT = "held, if the number carries 份"
    DOUBTFUL = "perhaps a label of available shares, misread or unknown"
    FROZEN = "held but not available"
    NAV = "yuan for one share"
    AMOUNT = "yuan for all shares"
    CODE = "fund code"
    FIELD = "a number that is neither"
    TEXT = "no known label"


FIELDS = frozenset(Role) - {Role.TEXT}
"""Roles of texts that have a number of their own."""

LONG_AVAILABLE = frozenset({Role.AVAILABLE, Role.DOUBTFUL})
"""Roles after which a held share is no answer unless it is the same number."""

_PARTS = re.compile(
    r"[\s:;,.。、|<《〈‹…·•()\[\]]*"
    r"(?P<name>.*?)"
    r"(?:[(\[](?P<remark>[^()\[\]]*)[)\]]?)?"
    r"[\s:;,.。、|>》〉›…?!·•]*",
    re.DOTALL,
)
_HELP_SIGN = re.compile(r"(?<=[\u4e00-\u9fff])[iloq@]$")
_UNIT_BEHIND = re.compile(r"(?<=[额数量])份\)?$")
_VERB_BEHIND = re.compile(r"(?<=[额数量])(?:约?为|约|共计?|合计)$")
_UNITS = ("", "份", "单位:份", "单位份")
_MONEY = ("元", "人民币", "人民币元", "rmb", "cny", "¥", "单位:元", "单位元")
_LIKE_AVAILABLE = re.compile(
    r".{0,6}(?:可.{0,6}份|[用卖售赎转取].{0,2}份额|可[用卖售赎转取提支]).{0,6}|可."
)
"""Available shares of which several characters were misread: 可娱回份, 可用价量."""
_SHARES_OF_SOMETHING = re.compile(r"(?P<words>.{2})份额")
"""The same where 份额 alone was read: 带疽份额."""
_BEHIND_WORDS = re.compile(r"(?P<words>.{4,12})可[\u4e00-\u9fff]{1,3}份额")
"""Words that OCR pushed against a label: 现金分红可卖份额."""
_ANY_AVAILABLE = re.compile(
    f"(?:{'|'.join(PREFIXES + PREFIXES_AVAILABLE)})?可[\u4e00-\u9fff]{{1,3}}份额"
)
"""可转让份额, 可兑付份额: whatever may be done with shares, but for what NOT_A_HOLDING names."""
_EXACT: dict[str, Role] = {}
_SLIPS: dict[str, Role] = {}
_LISTED: dict[str, str] = {}
"""Labels of shares as they are compared, with and without prefixes → as the lists write them."""
_USED: set[str] = set(
    "已占未不非禁停建平加减调清补增开新旧原初期末日月年本上下前后之以先应虚估分共合每单双多首次再续"
    "退还另其他被将拟正元费率价总余金资限"
)
"""Characters that other words use: where one of them stands, it was not misread."""


@lru_cache(maxsize=16384)
def role_of(text: str) -> Role:
    """The role of a normalised text that stands before, above or below a number."""
    return _role_of(text)


def _role_of(text: str) -> Role:
    name, remark = _name_and_remark(text)
    if not name or name.startswith("请"):  # 请输入份额 asks for a number and has none
        return Role.TEXT
    exact = _EXACT.get(name)
    if remark in _MONEY:
        if name in AMOUNT_WITH_UNIT:
            return Role.AMOUNT
        return exact if exact in (Role.NAV, Role.AMOUNT) else Role.FIELD
    # One strange character in brackets is a misread 份; what holds more changes the meaning.
    if remark not in _UNITS and (len(remark) > 1 or remark in "万亿手%"):
        return Role.FIELD if "份" not in name or _is_no_holding(remark) else Role.DOUBTFUL
    if exact is not None:
        return exact
    behind = _BEHIND_WORDS.fullmatch(name)
    if behind is not None and not behind["words"].endswith(LIMITS):
        return Role.DOUBTFUL
    if name.endswith(FIELD_ENDINGS) or ("份" in name and _is_no_holding(name)):
        return Role.FIELD
    if _ANY_AVAILABLE.fullmatch(name):
        return Role.AVAILABLE
    return _slipped(name)


def is_label(text: str) -> bool:
    """True for a normalised text that is a label of the lists, to the letter."""
    return _name_and_remark(text)[0] in _EXACT


def listed(text: str) -> str | None:
    """The label of shares that a label is, or that stands behind a prefix in it, as the lists write
    it: `可卖份额` for `当前可卖份额(份)`. None for what is on no list: its words are the page's.
    """
    return _LISTED.get(_name_and_remark(normalize(text))[0])


def known_labels() -> tuple[str, ...]:
    """All labels to the letter, as they are compared, longest first."""
    return tuple(sorted(_EXACT, key=lambda label: (-len(label), label)))


def _name_and_remark(text: str) -> tuple[str, str]:
    """The label without spaces, colon and help sign, and what stands behind it in brackets."""
    parts = _PARTS.fullmatch(compact(text).casefold())
    assert parts is not None
    name = _UNIT_BEHIND.sub("", _HELP_SIGN.sub("", parts["name"]))
    name = _VERB_BEHIND.sub("", name)
    return name, parts["remark"] or ""


def _is_no_holding(text: str) -> bool:
    return any(word in text for word in NOT_A_HOLDING)


def _slipped(name: str) -> Role:
    """One character off a label of shares; whatever else looks like available shares: doubtful."""
    if len(name) > 16:
        return Role.TEXT
    for index, character in enumerate(name):
        if character not in _USED:
            before, after = name[:index], name[index + 1 :]
            for form in (f"{before}?{after}", before + after):
                if form in _SLIPS:
                    return _SLIPS[form]
    if f"-{name}" in _SLIPS:
        return _SLIPS[f"-{name}"]
    shares = _SHARES_OF_SOMETHING.fullmatch(name)
    if shares is not None and not _USED.issuperset(shares["words"]):
        return Role.DOUBTFUL
    return Role.DOUBTFUL if _LIKE_AVAILABLE.fullmatch(name) else Role.TEXT


def _learn(role: Role, *labels: str) -> None:
    for written in labels:
        label = compact(normalize(written)).casefold()
        _EXACT.setdefault(label, role)
        _USED.update(label)


def _learn_slips(role: Role, labels: tuple[str, ...], prefixes: tuple[str, ...]) -> None:
    """Forms of a label in which one character is strange, superfluous or missing."""
    for label in labels:
        if len(label) < 4 or label.isascii():
            continue
        for index, character in enumerate(label):
            # Without 可 or 份 it is another label's: 已用份额, 可用余额.
            if character in "可份":
                continue
            before, after = label[:index], label[index + 1 :]
            for prefix in ("", *prefixes):
                _SLIPS[f"{prefix}{before}?{after}"] = role
                if len(label) > 4:
                    _SLIPS[f"-{prefix}{before}{after}"] = role


def _list(labels: tuple[str, ...], first: str, prefixes: tuple[str, ...]) -> None:
    for written in labels:
        label = compact(normalize(written)).casefold()
        _LISTED[label] = written
        if written.startswith(first):
            for prefix in prefixes:
                _LISTED.setdefault(prefix + label, written)


def _with(prefixes: tuple[str, ...], labels: tuple[str, ...], first: str) -> tuple[str, ...]:
    """The labels that begin with a character, behind each prefix."""
    return tuple(p + label for p in prefixes for label in labels if label.startswith(first))


def _begin() -> None:
    for_available = PREFIXES + PREFIXES_AVAILABLE
    _learn(Role.FROZEN, *FROZEN)
    _learn(Role.FIELD, *OTHER_SHARES, *LOOKALIKES)
    _learn(Role.AVAILABLE, *AVAILABLE, *_with(for_available, AVAILABLE, "可"))
    _learn(Role.AVAILABLE_SHORT, *AVAILABLE_SHORT)
    _learn(
        Role.AVAILABLE_WITH_UNIT,
        *AVAILABLE_WITH_UNIT,
        *_with(for_available, AVAILABLE_WITH_UNIT, "可"),
    )
    _learn(Role.HELD, *HELD, *_with(PREFIXES, HELD, "持"))
    _learn(Role.HELD_WITH_UNIT, *HELD_WITH_UNIT, *_with(PREFIXES, HELD_WITH_UNIT, "持"))
    _list(AVAILABLE + AVAILABLE_SHORT + AVAILABLE_WITH_UNIT, "可", for_available)
    _list(HELD + HELD_WITH_UNIT, "持", PREFIXES)
    _learn(Role.NAV, *NAV)
    _learn(Role.AMOUNT, *AMOUNT)
    _learn(Role.CODE, *CODE)
    for words in (NOT_A_HOLDING, FIELD_ENDINGS):
        _USED.update("".join(words))
    _learn_slips(Role.HELD, HELD, ())
    _learn_slips(Role.HELD, tuple(label for label in HELD if label[0] == "持"), PREFIXES)
    _learn_slips(Role.AVAILABLE, AVAILABLE, for_available)


_begin()
