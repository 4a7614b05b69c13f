"""What looks like a fund's name."""

import re

from postprocess.normalize import compact

KINDS = (
    *("混合", "股票", "债券", "指数", "联接", "货币", "增强", "ETF", "LOF", "QDII", "FOF", "REIT"),
    *("债", "量化", "优选", "精选", "灵活", "配置", "成长", "价值", "主题", "蓝筹", "行业", "产业"),
    *("医药", "医疗", "健康", "消费", "新能源", "科技", "创新", "制造", "白酒", "军工", "半导体"),
    *("沪深", "中证", "上证", "国证", "创业板", "科创", "恒生", "港股", "纳斯达克", "标普", "红利"),
    *("稳健", "回报", "领航", "添利", "增利", "养老", "持有期", "定开", "短债", "中短", "现金"),
)
"""Words of funds' names; a name may well have none of them."""

_CHIP = re.compile(
    r"(?:(?:偏股|偏债|灵活|平衡|被动|增强)?"
    r"(?:混合|股票|债券|指数|货币|联接|商品|QDII|FOF|ETF|LOF|REITs?|养老|理财)型?(?:基金)?"
    r"|(?:中高|中低|高|中|低)风险|R[1-5]|主动|被动|[A-Z]类|基金|公募|短债|长债|纯债|[-|·/()])*"
)
"""Marks beside a code: 混合型, 中高风险, R3."""
_CLASS = re.compile(r"[A-Z](?:类)?$")
_CJK = re.compile(r"[\u3400-\u9fff]")


def is_name(text: str) -> bool:
    """True for a text that reads like the name of a fund."""
    text = compact(text)
    if len(_CJK.findall(text)) < 4 or len(text) > 40 or is_chip(text):
        return False
    return _CLASS.search(text) is not None or any(word in text for word in KINDS)


def is_chip(text: str) -> bool:
    """True for the kind or risk of a fund, as it stands beside its code."""
    return _CHIP.fullmatch(compact(text)) is not None
