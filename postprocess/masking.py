"""Masks names and numbers of people in the lines that a row keeps.

Digits of cards, phones and orders become `*`, the characters of a name `某`: each as wide as what
stood there, so that everything else on the line stays in its place. What is masked stays as it is
when it is masked again.
"""

import re

_DIGIT = "[0-9０-９]"
_STARS = "[*＊•●×]"
_HAN = "[\u4e00-\u9fff]"
_NAME = f"(?:{_HAN}|[·*＊]){{1,6}}"
_OPEN, _CLOSE = r"[（(\[【]", r"[）)\]】]"

# Repetitions are bounded: a text of any length is looked through once.
_LONG_RUN = re.compile(
    # No card: a code to which a day was joined, 0251172026年01月07日.
    rf"(?<!{_DIGIT})(?!{_DIGIT}{{6}}20{_DIGIT}{{2}}年){_DIGIT}{{9,}}"
    rf"|(?:[0-9]{{4}}[ -]){{2,8}}[0-9]{{1,7}}|1[0-9]{{2}}[ -][0-9]{{4}}[ -][0-9]{{4}}"
)
_CARD = re.compile(
    # 尾号1234, 尾号为(1234), 后四位 1234
    rf"(?:尾号|末[四4]位|后[四4]位)[为是:：]?\s*{_OPEN}?\s*{_STARS}{{0,24}}\s*{_DIGIT}{{3,4}}(?!{_DIGIT})"
    # 招商银行(1234), 储蓄卡 1234
    rf"|(?:银行|农商行|信用社|卡)\s*{_OPEN}?\s*{_STARS}{{0,24}}\s*{_DIGIT}{{4}}(?:\s*{_CLOSE}|(?![0-9０-９.,]))"
    # 6222 **** **** 1234, 138****8000, ****1234
    rf"|(?:{_DIGIT}{{3,6}}\s?)?(?:{_STARS}\s?){{2,24}}{_DIGIT}{{3,4}}(?![0-9０-９.,])"
    rf"|(?<![0-9０-９.,]){_DIGIT}{{3,6}}\s?(?:{_STARS}\s?){{3,24}}(?!{_DIGIT})"
)
_MAIL = re.compile(r"[A-Za-z0-9._*-]{1,64}@[A-Za-z0-9-]{1,64}(?:\.[A-Za-z0-9-]{1,64}){1,8}")

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕"
    "丁任卢姚沈钟姜崔谭陆范汪廖石贾韦夏付邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严武戴莫孔汤"
)
_TITLE = "先生|女士|小姐"
_GREETING = "您好|你好|早上好|上午好|中午好|下午好|晚上好"
_NAMED = re.compile(
    # 户名：张三
    rf"(?:户名|姓名|持有人|开户人|收款人|付款人|投资者|投资人|账户名称|客户名称|用户名|昵称)"
    rf"[:：\s]*(?P<a>{_NAME})"
    # 张三 您好; 您好，张三
    rf"|(?P<b>{_NAME})[,，、\s]*(?:{_GREETING})"
    rf"|(?:{_GREETING}|尊敬的|亲爱的)[,，!！、\s]*(?P<c>{_NAME})"
    # 张先生
    rf"|(?P<d>{_NAME})(?={_TITLE})"
    # 张三的账户
    rf"|(?<!{_HAN})(?P<e>(?![我您你])(?:{_HAN}|[*＊]){{2,4}})(?=的(?:账户|资产|持仓|基金|理财|钱包|组合))"
    # *明, 张*, 张*明
    rf"|(?<![\u4e00-\u9fff*＊0-9])(?P<f>[*＊]{{1,2}}{_HAN}{{1,2}})(?![\u4e00-\u9fff*＊])"
    rf"|(?<!{_HAN})(?P<g>[{_SURNAMES}]{_HAN}?[*＊]{{1,2}}{_HAN}?)(?![\u4e00-\u9fff*＊])"
)
# Beside a card or a phone a lone short word that begins like a name is one.
_LONE_NAME = re.compile(rf"(?<!\S)[{_SURNAMES}]{_HAN}{{1,2}}(?!\S)")


def mask(text: str) -> str:
    """The text with nobody's numbers and names in it; as long as before."""
    while (masked := _masked(text)) != text:
        text = masked  # what is masked may show what stands beside it
    return text


def _masked(text: str) -> str:
    text = _LONG_RUN.sub(_stars, text)
    without_cards = _MAIL.sub(_stars_all, _CARD.sub(_stars, text))
    if without_cards != text:
        without_cards = _LONE_NAME.sub(_somebody, without_cards)
    return _NAMED.sub(_somebody_named, without_cards)


def _stars(run: re.Match[str]) -> str:
    return re.sub(r"\d", "*", run.group())


def _stars_all(run: re.Match[str]) -> str:
    return "*" * len(run.group())


def _somebody(name: re.Match[str]) -> str:
    return "某" * len(name.group())


def _somebody_named(found: re.Match[str]) -> str:
    group = found.lastgroup
    assert group is not None
    start, end = (place - found.start() for place in found.span(group))
    whole = found.group()
    return whole[:start] + re.sub(_HAN, "某", whole[start:end]) + whole[end:]
