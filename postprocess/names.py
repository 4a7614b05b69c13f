"""What looks like a fund's name."""

import re
from functools import lru_cache

from postprocess.normalize import compact

KINDS = (
    *("混合", "股票", "债券", "指数", "联接", "货币", "增强", "ETF", "LOF", "QDII", "FOF", "REIT"),
    *("债", "量化", "优选", "精选", "灵活", "配置", "成长", "价值", "主题", "蓝筹", "行业", "产业"),
    *("医药", "医疗", "健康", "消费", "新能源", "科技", "创新", "制造", "白酒", "军工", "半导体"),
    *("沪深", "中证", "上证", "国证", "创业板", "科创", "恒生", "港股", "纳斯达克", "标普", "红利"),
    *("稳健", "回报", "领航", "添利", "增利", "养老", "持有期", "定开", "短债", "中短", "现金"),
)
"""Words of funds' names; a name may well have none of them."""
_KIND = re.compile("|".join(KINDS))

HOUSES = (
    *(
        "易方达",
        "华夏",
        "南方",
        "嘉实",
        "博时",
        "广发",
        "汇添富",
        "富国",
        "招商",
        "工银",
        "中欧",
        "兴全",
    ),
    *(
        "兴证全球",
        "景顺长城",
        "交银",
        "银华",
        "鹏华",
        "国泰",
        "华安",
        "天弘",
        "大成",
        "诺安",
        "万家",
    ),
    *("建信", "前海开源", "上投摩根", "摩根", "中银", "农银", "睿远", "东方红", "信达澳亚", "信澳"),
    *("永赢", "华宝", "国投瑞银", "长城", "长信", "融通", "泰达宏利", "宏利", "银河", "国联安"),
    *(
        "海富通",
        "申万菱信",
        "华泰柏瑞",
        "光大",
        "浦银安盛",
        "民生加银",
        "中加",
        "中信",
        "平安",
        "泓德",
    ),
    *("圆信永丰", "西部利得", "创金合信", "财通", "华商", "华富", "金鹰", "东吴", "东方", "泰康"),
)
"""What funds' names begin with."""

ONLY_HOUSES = (
    *(
        "易方达",
        "嘉实",
        "博时",
        "汇添富",
        "富国",
        "中欧",
        "兴全",
        "景顺长城",
        "交银",
        "鹏华",
        "天弘",
        "诺安",
        "睿远",
    ),
    *("工银", "兴证全球", "前海开源", "上投摩根", "农银汇理", "信澳", "海富通", "申万菱信"),
)
"""Those of them that no listed company's name begins with."""

NO_FUND = re.compile(
    r"尾号|储蓄卡|信用卡|借记卡|转债|逆回购|国债[0-9]|股份有限|有限公司|管理公司|理财(?!.{0,5}(?:货币|债))|业绩比较|业绩基准|收益率|类型|银行卡?[-–|·(\s*]{0,4}[0-9]{4}(?![0-9])|^(?:现金(?:分红|红利)|红利(?:再投资?|转投|发放))|[×xX*][0-9]|\*[\u3400-\u9fff]|\+|。|，.*，"
)
"""What makes something else than a fund of a text: a bond, a company, a benchmark, a sentence."""

_CHIP = re.compile(
    r"(?:(?:偏股|偏债|灵活|平衡|被动|增强|普通|一级|二级)?(?:配置)?"
    r"(?:混合|股票|债券|债|指数|货币|联接|商品|QDII|FOF|ETF|LOF|REITs?|养老|理财)型?(?:基金)?"
    r"|偏股|偏债|灵活配置|(?:中高|中低|高|中|低)(?:风险|波动)|R[1-5]|主动|被动|[A-Z]类(?:份额)?|[A-Z]份额|基金|公募|短债|长债|纯债"
    r"|[一二三两半]年(?:持有期?|定开)|(?:[0-9]+天)?持有期|场[内外]|已购|已持有?|持有中?|(?:已?持有?|持仓)[0-9]+天|自选|已自选|金选|优选|严选|臻选|金牛奖?|[三四五]星|复制|详情|定投中"
    r"|[0-9.]+元起购|净值[0-9.]*|交易中|开放申购|暂停申购|可申购|档案|代销|自营|(?:企业|个人|机构|渠道)专享|[-–|·・/>()\s])*"
)
"""Marks beside a code: 混合型, 中高风险, R3, 已购."""
_LONG_NAME = 6
_END_OF_NAME = re.compile(
    r"(?:混合|股票|债券|债|指数|联接|货币|增强|配置|持有|定开|ETF|LOF|QDII|FOF|REIT|型|基金|[)\]])[A-FHIORY]?类?$|[A-FHIORY]$"
)
_TALK = re.compile(
    r"跟踪|估值|再投|分红|收益(?!(?:债券?|混合|货币|宝|增利|[一二三]号)|[A-F]?类?$)|走势|排行|交易|规则|转到|转入|转出|标的|经理|公司|资产|指数成分|榜|精选好|热门"
)
_EXCHANGE_TRADED = re.compile(
    r"[\u3400-\u9fff0-9]{1,10}(?:ETF|LOF|REIT)(?!联接)[\u3400-\u9fff]{0,4}"
)
_CLASS = re.compile(r"[A-FHIORY](?:类)?$")
_CJK = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=8192)
def is_name(text: str) -> bool:
    """True for a text that reads like the name of a fund."""
    text = compact(text)
    if is_exchange_traded(text):
        return True
    if len(_CJK.findall(text)) < 4 or len(text) > 40 or is_chip(text) or NO_FUND.search(text):
        return False
    if text.endswith(("银行", "证券", "保险", "集团")):
        return False
    return (
        _CLASS.search(text) is not None
        or _KIND.search(text) is not None
        or (text.startswith(HOUSES) and len(text) >= _LONG_NAME)
    )


@lru_cache(maxsize=8192)
def is_exchange_traded(text: str) -> bool:
    """True for the short name of a fund that is traded as shares are: 科创50ETF."""
    return _EXCHANGE_TRADED.fullmatch(compact(text)) is not None


@lru_cache(maxsize=8192)
def is_full_name(text: str) -> bool:
    """True for a fund's whole name, as it stands at the head of what is said of it."""
    text = compact(text)
    if not is_name(text) or _TALK.search(text):
        return False
    long = len(_CJK.findall(text)) >= _LONG_NAME
    return text.startswith(HOUSES) or (long and _END_OF_NAME.search(text) is not None)


def is_short_name(text: str) -> bool:
    """True for what begins like a fund's name and is too short to be sure: 富国天惠."""
    text = compact(text)
    return (
        4 <= len(text) <= 8
        and text.startswith(ONLY_HOUSES)
        and not text.endswith(("银行", "证券", "保险", "集团", "基金", "理财"))
    )


@lru_cache(maxsize=8192)
def is_chip(text: str) -> bool:
    """True for the kind or risk of a fund, as it stands beside its code."""
    return _CHIP.fullmatch(compact(text)) is not None
