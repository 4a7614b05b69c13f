"""Normalises text as OCR returns it into the form that the rules compare."""

import re
import unicodedata
from functools import lru_cache

# NFKC would turn these signs into digits: a footnote's ² or a help button read as ① would become
# part of the number beside it. They become a space.
_DIGIT_SIGNS = re.compile(r"[²³¹¼-¾⁰-₟⅐-↋①-⓿❶-➓㉈-㉟㊀-㋿㍘-㏾]|[\U0001f100-\U0001f10c]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–−﹣", "-"))
_SIMPLIFIED = str.maketrans(
    "額碼淨賣贖買轉凍結餘數單總資產債聯證優長選醫藥業價貨幣領場質銀鎖現費盈虧損權間確認時間戶號稱類風險參萬億變動態鏈網華國際創經濟環龍電車軍農養潤豐興匯達廣東萬諾遠實滙購換據淨擇",
    "额码净卖赎买转冻结余数单总资产债联证优长选医药业价货币领场质银锁现费盈亏损权间确认时间户号称类风险参万亿变动态链网华国际创经济环龙电车军农养润丰兴汇达广东万诺远实汇购换据净择",
)
"""Traditional characters of labels and of funds' names."""
_LOOK_ALIKES = {
    **{"墓金": "基金", "净偵": "净值", "申钩": "申购", "收盆": "收益", "攻益": "收益"},
    **{"曰期": "日期", "曰涨": "日涨"},
}
"""Words with a character that looks like the right one, and that mean nothing else here. Those of
labels of shares are not among them: a misread one may be another one (postprocess.grammar)."""
_LOOK_ALIKE = re.compile("|".join(_LOOK_ALIKES))


# Of a page each text is asked for many times over.
@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """NFKC (full-width digits, letters and brackets become narrow ones), one kind of dash, no
    invisible characters, simplified characters, words without look-alikes. Idempotent; spaces
    stay, because they part two numbers.
    """
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", _DIGIT_SIGNS.sub(" ", text))
    text = _INVISIBLE.sub("", text).translate(_DASHES).translate(_SIMPLIFIED)
    return _LOOK_ALIKE.sub(lambda found: _LOOK_ALIKES[found.group()], text)


def has_traditional(text: str) -> bool:
    """Whether one of the traditional characters of labels and names stands in it."""
    return text.translate(_SIMPLIFIED) != text


@lru_cache(maxsize=8192)
def compact(text: str) -> str:
    """A normalised text without its spaces, as labels and names are compared."""
    return "".join(text.split())
