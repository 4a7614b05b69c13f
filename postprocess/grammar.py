"""Tells from a label's words what its number is: available, held or frozen shares …

`当前最多可赎回份额` is scope, scope, verb, object: shares that can be used now. `T+1可用份额` has a
time before the verb: shares of another day. What has a word of availability and is not understood
to its last character is DOUBTFUL: it answers nothing, and it keeps a held number from being one.
To teach the grammar a word, add it to the list of its part.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache


class Part(Enum):
    """What a word of a label is."""

    SCOPE = "whose or how much of it; changes nothing"
    NOT = "turns the verb behind it round"
    CAN = "what may be done with shares now"
    HOLD = "owning"
    KEPT = "owned, but not to be used"
    ORDER = "what was, is or will be ordered"
    LIMIT = "a bound of an order"
    LATER = "another day, or a condition"
    MOST = "all that a verb allows"
    NOW = "at this moment; of shares alone it is a day's order"
    LEFT = "what is left over, now or after an order"
    OTHERS = "somebody else's, or of all investors"
    SHARES = "shares"
    VAGUE = "a number of anything"
    OTHER = "money, days, people"


WORDS: dict[Part, str] = {
    Part.SCOPE: (
        "我的 您的 您 我 本人 个人 账户 帐户 当前 目前 现有 最新 实际 全部 所有 总共 总 合计 "
        "共计 共 约 本次 此次 该 本 基金 产品 该基金 本基金 该产品 其中 其 中 的 已 含 共有 "
        "已有 有效 名下 场内 场外 普通 current total my your"
    ),
    Part.MOST: "最多 最大",
    Part.NOW: "今日 今天 当日 现在 立即 实时 即时 现时",
    Part.LEFT: "剩余 余下",
    Part.NOT: "不 未 非 无 尚未 暂不 不能 无法 没有 禁止 不含 暂未",
    Part.CAN: (
        "可用 可卖 可卖出 可售 可出售 可赎 可赎回 可转 可转出 可转换 可转让 可取 可取出 "
        "可提取 可提 可支取 可变现 可交易 可操作 可使用 可动用 可支配 可流通 可处置 可减仓 "
        "可清仓 解锁 已解锁 已到期 能用 能卖 能卖出 能赎 能赎回 可以用 可以卖 可以卖出 可以赎 "
        "可以赎回 "
        "available redeemable sellable availabletosell availabletoredeem"
    ),
    Part.HOLD: "持有 持仓 拥有 结存 账面 held holding",
    Part.KEPT: (
        "冻结 锁定 锁仓 质押 占用 限售 封闭 在途 待确认 未确认 未到账 未付 卖出中 赎回中 "
        "转换中 转出中 处理中 交易中 确认中 交易冻结 质押冻结 异常冻结 司法冻结 锁定中 冻结中 "
        "封闭中 未结转 受限 限制 长期冻结 临时冻结 协议冻结 持有期内 锁定期内 封闭期内 "
        "frozen locked pledged"
    ),
    Part.ORDER: (
        "赎回 卖出 转出 转入 转换 取出 取现 成交 委托 申请 买入 购买 申购 认购 定投 分红 红利 "
        "再投 红利再投 红利再投资 红利转 变动 增加 减少 撤单 撤销 取消 失败 预计 预估 可得 "
        "到账 分配 配售 追加 赠送 体验 领取 兑换 参与 投 买 购 得 赠 领 结转 转托管 强赎 强制 "
        "昨日 上月末 上年末 上季末 上周末 上期末 月初 年初 累计 历史 本月 今年 上月 每日 每月 "
        "每期 单期 赎回后 卖出后 转换后 买入后 交易后 "
        "可购 可买入 可购买 可申购 可认购 可投 可追加 可参与 可体验 可赠 可领 可得 可预约 "
        "可转入 确认 登记 期初 可退回 退回 赎回后 卖出后 交易后 tosell toredeem"
    ),
    Part.LIMIT: (
        "最低 最少 最小 至少 起 起购 起投 起卖 起赎 单笔 单日 每笔 下限 限额 限购 额度 保留 "
        "免费 大额 巨额 不低于 不少于 min min. minimum max max. maximum"
    ),
    Part.LATER: (
        "t+0 t+1 t+2 t+3 t+7 次日 明日 明天 下一 下个 下次 下一个 工作日 开放日 开放期 到期 "
        "到期日 到期后 届时 预约 快速 未来 即将 将 日后 天后 月后 年后 后"
    ),
    Part.OTHERS: (
        "全市场 全网 人均 户均 平均 机构 机构持有 平台 市场 全体 持有人 规模 总规模 发行 募集 "
        "成立 管理 同类 中奖 他人 家庭 组合 产品规模 基金规模"
    ),
    Part.SHARES: (
        "份额 份数 份 份额数 份额总数 份额总额 份额余额 份额合计 份额数量 股份 股份数 "
        "股份余额 股数 单位数 基金单位 份額 shares units"
    ),
    Part.VAGUE: "数量 余额 数 总额 总数 仓位 额 量 总量 balance amount quantity",
    Part.OTHER: (
        "金额 资产 资金 市值 现金 净值 收益 成本 成本价 费率 收益率 手续费 本金 积分 红包 "
        "优惠券 卡券 次数 天数 期数 额度 人数 权益 时间 日期 银行卡 储蓄卡 余额宝 零钱 现金宝 "
        "活期 钱包 资金账户 保证金 头寸 购买力 美元 期限 类型 方式 渠道"
    ),
}
"""By part; where two parts share a word the label's other words decide."""

_BY_WORD: dict[str, tuple[Part, ...]] = {}
for _part, _text in WORDS.items():
    for _word in _text.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _part)
_LONGEST_WORD = max(map(len, _BY_WORD))
_LONGEST_LABEL = 24
_CHARACTERS = frozenset("".join(_BY_WORD)) | frozenset(
    "占停建平加减调清补增开新旧原初末上下前之以先应虚估分每双多首再续退还另他被拟正率价好如若可"
)
"""Those that words are made of: where one of them stands, it was not misread."""


class Meaning(Enum):
    """What a label's number is."""

    AVAILABLE = "shares that can be used now"
    AVAILABLE_IF_SHARES = "what can be used now: shares, where something else says so"
    LATER = "shares that can be used another day, or on a condition"
    HELD = "shares that are owned"
    HELD_IF_SHARES = "what is owned: shares, where something else says so"
    KEPT = "shares that are owned and cannot be used"
    ANOTHERS = "shares of an order, a bound, another day, somebody else"
    OTHER = "no shares"
    DOUBTFUL = "has a word of availability and is not understood"
    NONE = "no label of shares"


_SLIP_WORDS = (
    Part.CAN,
    Part.HOLD,
    Part.KEPT,
    Part.SHARES,
    Part.ORDER,
    Part.NOT,
    Part.OTHER,
    Part.VAGUE,
)
_CAREFUL = (
    *(Meaning.OTHER, Meaning.LATER, Meaning.ANOTHERS, Meaning.KEPT, Meaning.DOUBTFUL),
    *(Meaning.HELD_IF_SHARES, Meaning.HELD, Meaning.AVAILABLE_IF_SHARES, Meaning.AVAILABLE),
)
"""Where a label can be read in several ways, the first of these is meant: it answers least."""
_OF_THE_FUND = re.compile("(?:基金|产品)(?:总(?:份额|份数)|份[额数]总[额数])")
"""All shares of the fund, whoever owns them."""
_LONGEST_UNKNOWN = 9
_SAYS = re.compile(r"[按为的等及和与或每]")
"""What makes a sentence of words before 份额."""
_OF_SHARES = ("份额", "份数")
"""Whatever shares these are, before which stands what nobody knows."""
_TURNS = re.compile("余额|[不未非无]")
"""What may make of a misread label that of an account, or of what cannot be used."""
_LIKE_AVAILABLE = re.compile(
    r".{0,6}(?:可.{0,6}份|[用卖售赎转取].{0,2}份[额額]|可[用卖售赎转取提支]|可.{1,3}[额额量]|.[用卖售赎].额).{0,6}"
    r"|可.|[叮司町丁何][用卖]"
)
"""Available shares of which several characters were misread: 可娱回份, 可用价量."""


@lru_cache(maxsize=16384)
def meaning(label: str) -> Meaning:
    """What a compact, case-folded label without its remark says. One misread character is looked
    through where only one meaning is near."""
    if not label or len(label) > _LONGEST_LABEL:
        return Meaning.NONE
    if _OF_THE_FUND.fullmatch(label):
        return Meaning.ANOTHERS
    found = _meanings(label, _BY_WORD)
    if found:
        return next(one for one in (*_CAREFUL, Meaning.NONE) if one in found)
    strange = sum(character not in _CHARACTERS for character in label)
    if strange == 1 and any(sign in label for sign in "份可"):
        near = _near(label)
        if near == {Meaning.AVAILABLE} and _TURNS.search(label):
            return Meaning.DOUBTFUL
        if near == {Meaning.AVAILABLE} or (len(near) == 1 and not _LIKE_AVAILABLE.fullmatch(label)):
            return near.pop()
        if near & {Meaning.AVAILABLE, Meaning.AVAILABLE_IF_SHARES, Meaning.DOUBTFUL}:
            return Meaning.DOUBTFUL
    if _LIKE_AVAILABLE.fullmatch(label):
        return Meaning.DOUBTFUL
    if label.endswith(_OF_SHARES) and len(label) <= _LONGEST_UNKNOWN and not _SAYS.search(label):
        return Meaning.DOUBTFUL
    return Meaning.NONE


_AROUND = (Part.SCOPE, Part.MOST, Part.NOW)


def without_scope(label: str) -> str | None:
    """The label from its first word that is no scope: one of finitely many. None where it is not
    understood to the letter."""
    rows = _spelled(label)
    return "".join(word for word, part in rows if part not in _AROUND) if rows else None


def _spelled(label: str) -> tuple[tuple[str, Part], ...]:
    """The words of one of its readings."""
    rows: list[tuple[tuple[str, Part], ...] | None] = [(), *[None] * len(label)]
    for end in range(1, len(label) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            parts, before = _BY_WORD.get(label[start:end]), rows[start]
            known = rows[end]
            if parts and before is not None and (known is None or len(known) > len(before) + 1):
                rows[end] = (*before, (label[start:end], parts[0]))
    return rows[-1] or ()


def _near(label: str) -> set[Meaning]:
    """What a label with one strange character may say: it was misread, or does not belong there."""
    at = next(n for n, character in enumerate(label) if character not in _CHARACTERS)
    before, after = label[:at], label[at + 1 :]
    slipped = _meanings(f"{before}?{after}", _BY_SLIP)
    if not slipped and Meaning.AVAILABLE in _meanings(before + after, _BY_WORD):
        return {Meaning.DOUBTFUL}  # a word of its own, perhaps
    return slipped - {Meaning.NONE}


def _meanings(label: str, words: Mapping[str, tuple[Part, ...]]) -> set[Meaning]:
    return {_meaning(parts) for parts in _readings(label, words)}


def _readings(label: str, words: Mapping[str, tuple[Part, ...]]) -> list[tuple[Part, ...]]:
    """The label as a row of words, in as few as it can be; empty where a character is left over."""
    rows: list[list[tuple[Part, ...]]] = [[()], *([] for _ in label)]
    fewest = [0] + [_LONGEST_LABEL] * len(label)
    for end in range(1, len(label) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            if not rows[start] or fewest[start] + 1 > fewest[end]:
                continue
            parts = words.get(label[start:end])
            if parts is None:
                continue
            if fewest[start] + 1 < fewest[end]:
                fewest[end], rows[end] = fewest[start] + 1, []
            rows[end] += [(*before, part) for before in rows[start] for part in parts]
    return rows[-1]


def _meaning(parts: tuple[Part, ...]) -> Meaning:
    """What a row of words says."""
    parts = _without_not(parts)
    said = frozenset(parts)
    of_shares = Part.SHARES in said
    about_shares = bool(said & {Part.SHARES, Part.CAN, Part.HOLD})
    if parts.count(Part.SHARES) > 1:
        return Meaning.DOUBTFUL  # two labels, read as one
    if Part.OTHER in said:
        last = max(at for at, part in enumerate(parts) if part is Part.OTHER)
        if Part.SHARES not in parts[last:]:
            # 可用份额净值 is two labels, read as one.
            return Meaning.DOUBTFUL if {Part.CAN, Part.SHARES} <= said else Meaning.OTHER
        # 成本价冻结份额 is two labels, read as one.
        two = said & {Part.CAN, Part.KEPT, Part.HOLD}
        return Meaning.DOUBTFUL if two else Meaning.HELD_IF_SHARES
    if Part.OTHERS in said or Part.LIMIT in said:
        return Meaning.ANOTHERS if about_shares else Meaning.NONE
    if Part.LATER in said:
        return Meaning.LATER if Part.CAN in said else _anothers(about_shares)
    if Part.ORDER in said and Part.CAN in said:
        return Meaning.DOUBTFUL  # 快速赎回可用份额
    if Part.ORDER in said:
        return _anothers(about_shares or Part.VAGUE in said)
    if Part.KEPT in said:
        return Meaning.DOUBTFUL if Part.CAN in said else Meaning.KEPT
    if said & {Part.MOST, Part.NOW} and Part.CAN not in said:
        return _anothers(about_shares)
    if Part.CAN in said:
        return Meaning.AVAILABLE if of_shares else Meaning.AVAILABLE_IF_SHARES
    if Part.HOLD in said:
        return Meaning.HELD if of_shares else Meaning.HELD_IF_SHARES
    if Part.LEFT in said:
        return Meaning.DOUBTFUL if of_shares else Meaning.NONE  # of all, or after an order
    if of_shares:
        return Meaning.HELD if Part.SCOPE in said else Meaning.HELD_IF_SHARES
    return Meaning.HELD_IF_SHARES if Part.VAGUE in said else Meaning.NONE


def _anothers(about_shares: bool) -> Meaning:
    return Meaning.ANOTHERS if about_shares else Meaning.NONE


def _without_not(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Each `not` and the verb behind it as the verb that they come to."""
    turned: list[Part] = []
    for part in parts:
        if turned and turned[-1] is Part.NOT:
            turned[-1] = {Part.CAN: Part.KEPT, Part.KEPT: Part.CAN}.get(part, Part.ORDER)
        else:
            turned.append(part)
    return tuple(turned)


def _slipped() -> dict[str, tuple[Part, ...]]:
    """All words, and those that matter with each of their characters misread."""
    found: dict[str, tuple[Part, ...]] = dict(_BY_WORD)
    for word, parts in _BY_WORD.items():
        if len(word) < 2 or not set(parts) & set(_SLIP_WORDS):
            continue
        for at in range(len(word)):
            if word[at] in "可能":
                continue  # without it, it is an order's
            form = f"{word[:at]}?{word[at + 1 :]}"
            found[form] = tuple(dict.fromkeys((*found.get(form, ()), *parts)))
    return found


_BY_SLIP = _slipped()
