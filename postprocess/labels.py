"""What a text on the screen says about the number that belongs to it.

Shares are read by their words (postprocess/grammar.py); what else stands on a page of a fund is on
the lists here. Labels are compared without spaces, colon, help sign and a remark in brackets:
`可用份额(份)：` is `可用份额`.
"""

import re
from enum import Enum
from functools import lru_cache

from postprocess.grammar import Meaning, meaning, without_scope
from postprocess.normalize import compact, normalize


class Role(Enum):
    """What a text says about the number that belongs to it."""

    __hash__ = object.__hash__  # Enum's own is slow, and a page asks it thousands of times

    AVAILABLE = "shares that can be used now"
    AVAILABLE_IF_SHARES = "what can be used now, if it is shares"
    LATER = "shares that can be used another day"
    HELD = "shares that are owned"
    HELD_IF_SHARES = "what is owned, if it is shares"
    DOUBTFUL = "perhaps a label of available shares, misread or unknown"
    FROZEN = "held but not available"
    NAV = "yuan for one share"
    COST = "yuan for one share when it was bought"
    AMOUNT = "yuan for all shares"
    CASH = "money that is no fund's"
    CODE = "fund code"
    DAY = "a day or a time"
    FIELD = "a number that is neither"
    TEXT = "no known label"


FIELDS = frozenset(Role) - {Role.TEXT, Role.DAY}
"""Roles of texts that have a number of their own."""

LONG_AVAILABLE = frozenset({Role.AVAILABLE, Role.LATER, Role.DOUBTFUL})
"""Roles after which a held share is no answer unless it is the same number."""

NAV = (
    *("净值", "单位净值", "最新净值", "基金净值", "当前净值", "参考净值", "产品净值", "份额净值"),
    *(
        "今日净值",
        "最新单位净值",
        "基金单位净值",
        "基金份额净值",
        "最新份额净值",
        "估算净值",
        "NAV",
    ),
)
"""Yuan for one share."""

COST = (
    *("成本价", "持仓成本价", "持有成本价", "持仓成本", "持有成本", "单位成本", "成本单价", "成本"),
    *("持仓单价", "买入均价", "摊薄成本", "参考成本价", "成本净值", "持仓均价", "成本均价"),
)
"""Yuan for one share when it was bought."""

AMOUNT = (
    *(
        "持有金额",
        "持仓金额",
        "持有市值",
        "持仓市值",
        "持有资产",
        "持仓资产",
        "持有总额",
        "持仓总额",
    ),
    *("持有总金额", "持有总市值", "基金市值", "基金金额", "基金资产", "参考市值", "参考金额"),
    *("最新市值", "当前市值", "当前金额", "当前资产", "资产金额", "市值"),
)
"""What all held shares are worth. 总资产 and the like are not: they may count other funds too."""

AMOUNT_WITH_UNIT = ("金额", "资产")
"""The same where the label says (元); without it, it may be an order's."""

CODE = (
    *(
        "基金代码",
        "产品代码",
        "基金编码",
        "产品编码",
        "基金代号",
        "产品编号",
        "交易代码",
        "证券代码",
    ),
    *("代码", "Fund Code", "Code"),
)
"""Six digits behind one of these are a fund's code."""

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

CASH_LABELS = ("可取", "可取出", "可取现", "可提现")
"""What alone, without 份额, is money that may be taken out of an account."""

CASH = ("资金", "现金", "余额宝", "银行卡", "储蓄卡", "零钱", "保证金", "购买力", "钱包")
"""Words of labels whose number is money of an account."""

SHARE_WORDS = ("份额", "份数", "可用", "可卖", "可售", "可赎", "可转", "可取", "持有", "持仓")
"""What labels of shares are made of, known or not: a page with a new one has nothing else to tell
it by. They are kept as evidence, and `fundocr drift` looks for them."""

LABEL_WORDS = (*SHARE_WORDS, "净值", "代码", "金额")
"""The same of all labels that decide."""

_LONGEST_CASH = 8
_PARTS = re.compile(
    r"[\s:;,.。、|<《〈‹…·•()\[\]]*"
    r"(?P<name>.*?)"
    r"(?:[(\[](?P<remark>[^()\[\]]*)[)\]]?)?"
    r"[\s:;,.。、|>》〉›…?!·•]*",
    re.DOTALL,
)
_HELP_SIGN = re.compile(r"(?<=[\u4e00-\u9fff])[iloq@]$")
_UNIT_BEHIND = re.compile(r"(?<=[额数量])[/\-|·]?[份股]\)?$")
_VERB_BEHIND = re.compile(r"(?<=[额数量用])(?:约?为|约|共计?|合计|有)$")
_TWO_VERBS = re.compile(
    r"(可(?:转让|转出|转换|赎回|赎|卖出|卖))[/、或]可?(?:转让|转出|转换|赎回|赎|卖出|卖)"
)
"""可转让/赎回份额 can be sold in either way."""
_VALUES = frozenset({"现金分红", "红利再投", "红利再投资", "红利转投", "再投资"})
"""What stands where numbers do."""
_UNITS = ("", "份", "股", "单位:份", "单位份")
_MONEY = ("元", "人民币", "人民币元", "rmb", "cny", "¥", "单位:元", "单位元", "美元", "usd", "港元")
_KEPT_OUT = re.compile(
    r"(?P<not>已?扣除|不含|不包括|除去|剔除)?(?:含|包含|包括)?(?:冻结|在途|质押|锁定|待确认|未确认|未付收益|卖出中|赎回中|收益)"
    r"(?:的|部分|份额|收益)*"
)
"""Remarks that say what a number of shares holds and what not."""
_ADVICE = re.compile(
    r".{0,8}(?:为准|仅供参考|参考)|t日?|实时|估算|[0-9./:\- ]+(?:更新)?|个人|普通|前端|后端"
)
"""Remarks that change nothing."""
_SENTENCE = re.compile(r"为准|时[以按]|[<>≤≥=]|如果|若|^请|说明|规则|之日|不足")
"""What makes a sentence of a text that has a label in it."""
_EXACT: dict[str, Role] = {}
_ROLES = {
    Meaning.AVAILABLE: Role.AVAILABLE,
    Meaning.AVAILABLE_IF_SHARES: Role.AVAILABLE_IF_SHARES,
    Meaning.LATER: Role.LATER,
    Meaning.HELD: Role.HELD,
    Meaning.HELD_IF_SHARES: Role.HELD_IF_SHARES,
    Meaning.KEPT: Role.FROZEN,
    Meaning.ANOTHERS: Role.FIELD,
    Meaning.OTHER: Role.FIELD,
    Meaning.DOUBTFUL: Role.DOUBTFUL,
    Meaning.NONE: Role.TEXT,
}

_IN_ALL = ("合计", "总计")


_END_OF_NAME = re.compile("持有期?(?:混合|债券|股票|指数|发起)")
"""What a fund's name goes on with in its second line: 稳健养老一年, 持有混合(FOF)."""


@lru_cache(maxsize=16384)
def role_of(text: str) -> Role:
    """The role of a normalised text that stands before, above or below a number."""
    name, remark = _name_and_remark(text)
    if not name or name.startswith("请") or name in _VALUES:
        return Role.TEXT  # 请输入份额 asks for a number and has none
    if _END_OF_NAME.match(name):
        return Role.TEXT
    exact = _EXACT.get(name)
    if name in CASH_LABELS and remark not in _UNITS[1:]:
        return Role.CASH
    if _SENTENCE.search(name):
        return Role.TEXT
    if remark in _MONEY:
        if name in AMOUNT_WITH_UNIT:
            return Role.AMOUNT
        return exact if exact in (Role.NAV, Role.AMOUNT, Role.COST) else Role.FIELD
    said = Role.TEXT if exact is not None else _ROLES[meaning(name)]
    if said is Role.FIELD and _field(name) is Role.CASH:
        said = Role.CASH
    if remark in _UNITS or _says_nothing_new(remark, said):
        return exact or _with_unit(said, remark) or _field(name)
    if said in (Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.DOUBTFUL, Role.LATER):
        return Role.DOUBTFUL
    if said is Role.HELD and len(remark) == 1 and remark not in "万亿手%":
        return Role.HELD  # 份, misread
    return exact or (Role.FIELD if said is not Role.TEXT else _field(name))


def has_unit(text: str) -> bool:
    """Whether a label says itself that its number is shares: 可赎回(份)."""
    name, remark = _name_and_remark(text)
    return remark in _UNITS[1:] or "份" in name or "股" in name


def is_label(text: str) -> bool:
    """True for a normalised text that says to the letter what its number is."""
    return role_of(text) not in (Role.TEXT, Role.DOUBTFUL, Role.FIELD) or (
        _name_and_remark(text)[0] in _EXACT
    )


def listed(text: str) -> str | None:
    """A label of shares without what may stand before its verb: `可卖份额` for `当前可卖份额(份)`.
    None for what is no label of shares to the letter: its words are the page's."""
    name = _name_and_remark(normalize(text))[0]
    if _ROLES[meaning(name)] not in (
        *(Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.HELD, Role.HELD_IF_SHARES),
    ):
        return None
    return without_scope(name)


def known_labels() -> tuple[str, ...]:
    """Usual labels to the letter, as they are compared, longest first."""
    return _KNOWN


def _with_unit(said: Role, remark: str) -> Role | None:
    """可赎回(份) says as much as 可赎回份额."""
    if said is Role.TEXT:
        return None
    if remark and remark in _UNITS:
        sure = {Role.AVAILABLE_IF_SHARES: Role.AVAILABLE, Role.HELD_IF_SHARES: Role.HELD}
        return sure.get(said, said)
    return said


def _says_nothing_new(remark: str, said: Role) -> bool:
    """Available shares without what is frozen are what they are; with it they are none."""
    if remark in _IN_ALL:
        return True
    kept_out = _KEPT_OUT.fullmatch(remark)
    if kept_out is not None:
        return kept_out["not"] is not None or said not in LONG_AVAILABLE
    return _ADVICE.fullmatch(remark) is not None


def _field(name: str) -> Role:
    if name.startswith(CASH) or name.endswith(CASH):
        return Role.CASH if len(name) <= _LONGEST_CASH else Role.FIELD
    return Role.FIELD if name.endswith(FIELD_ENDINGS) else Role.TEXT


@lru_cache(maxsize=16384)
def _name_and_remark(text: str) -> tuple[str, str]:
    """The label without spaces, colon and help sign, and what stands behind it in brackets."""
    parts = _PARTS.fullmatch(compact(text).casefold())
    assert parts is not None
    name = _UNIT_BEHIND.sub("", _HELP_SIGN.sub("", parts["name"]))
    name = _TWO_VERBS.sub(r"\1", _VERB_BEHIND.sub("", name))
    return name, parts["remark"] or ""


def _learn(role: Role, *labels: str) -> None:
    for written in labels:
        _EXACT.setdefault(compact(normalize(written)).casefold(), role)


_learn(Role.NAV, *NAV)
_learn(Role.COST, *COST)
_learn(Role.AMOUNT, *AMOUNT)
_learn(Role.CODE, *CODE)

_USUAL = tuple(
    f"{verb}{thing}"
    for verb in (
        "可用",
        "可卖",
        "可卖出",
        "可赎",
        "可赎回",
        "可转出",
        "可取",
        "持有",
        "持仓",
        "冻结",
        "总",
    )
    for thing in ("份额", "份数", "数量")
)
_KNOWN = tuple(sorted({*_EXACT, *_USUAL}, key=lambda label: (-len(label), label)))
