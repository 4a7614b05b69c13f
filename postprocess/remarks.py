"""What a page says in sentences beside its numbers.

A sentence may take the number back: that some shares are lent out, that the page is an old one,
that somebody else owns them. No list holds all the words for that. So each sentence above a holding
or within its block must be of a usual kind (risk, who sells, the rules of trading, an advert, news,
orders under way, what a word means), or the page is not answered.
"""

import re
from collections import Counter
from functools import cached_property, lru_cache

from postprocess.geometry import TokenGrid
from postprocess.labels import Role
from postprocess.names import is_chip, is_name
from postprocess.normalize import compact, normalize
from postprocess.segments import segments
from postprocess.tokens import Token

_LAW = (
    "风险|谨慎|业绩|收益率?[*×]|[0-9%][)]?[*×]|免责|法律|解释权|协议|声明|公告|合同(?!.{0,3}终止)"
    "|以.{0,14}记录"
)
_SELLERS = (
    "销售服务|^销售机构|销售资格|基金销售|(?:网上)?直销|代销机构|代销产品|发行与管理|版权|Copyright|ICP备|客服|热线|电话|地址:|邮编"
    "|有限公司|公司[)）]?$|网上(?:银行|交易)|网银|首页|位置|上次登录|退出(?:登录"
    "|$)|欢迎(?:您|登录|来到|光临)|.[>》].+[>》]|尊敬的|您好|证券[^,。]{0,6}$|银行[^,。]{0,12}$|^基金公司"
)
_RULES = (
    "净值.{0,10}(?:确认|更新|公布|成交|计算|披露|走势|估算)|(?:单位|最新|成本|累计|估算|参考|基金)净值|[按以].{0,8}净值"
    "|到账|先进先出|先到期|费率|[收续购回出减补]费|费用|最[低高少短]|不低于|不得[低少超]|低于.{0,8}[份元]|不足.{0,6}[份天]"
    "|限额|上限|下限|起点|(?:快速|取现|限购|申购|外汇|转出).{0,4}额度|额度(?:不|剩余|限制)|(?:预计|个)工作日|未知价|收费方式|分红|红利再投|一并"
    "|巨额赎回(?:处理|标志|时|:|顺延|取消|$)"
    "|暂停大额|暂停申购|限制大额|[0-9]{1,2}[:点].{0,8}[前后]|维护|国庆|春节|假期.{0,8}(?:安排|提示|公告)|币种|交易安排|基金状态"
)
_MEANINGS = (
    "以可用份额为准|^说明:|^提示:|温馨提示"
    "|(?:份额|数量|市值|收益|净值)(?:=|:(?![0-9])|指|为(?:可|当前|截至|参)|包[括含]|明细)"
)
_ORDERS = (
    "[0-9一二两]笔|(?:买入|卖出|赎回|申购|转换|转出|转入|定投|交易|转投|认购|份额).{0,4}(?:确认|处理|进行)中|待确认|交易中"
    "|在途|卖出中|赎回中|预计.{0,8}(?:确认|可查)|(?:赎回|卖出)申请.{0,2}受理"
)
_APP = (
    "证件.{0,6}即将到期|测评.{0,4}(?:即将)?(?:到期|过期)|转账|截[屏图]|客户端|小程序|行情|验证码|密码|养老金.{0,2}账户|尾号|请选择|请输入|选择"
    "|显示全部|仅展示|截至.{0,12}您的.{0,8}如下|如有疑问|请致电|本机|持仓页|没有更多"
)
_NOT_YET = re.compile("[尚还]未|待[扣入]|算进|(?<!不)计入|原数|含(?:了?已|当[前日]|今日).{0,4}提交")
"""Of orders under way whose shares are still in the number."""
_USUAL = re.compile("|".join((_LAW, _SELLERS, _RULES, _MEANINGS, _ORDERS, _APP)))
"""Usual sentences wherever they stand."""
_ADVERTS = (
    "[享惠抢荐榜]|领|红包|限时|新客|活动|还[看买]|买过|买了|也买|关注|精选|定期?投|开[启通]|点击|查看|了解|更多|去看|免费|开户|下载|积分|会员"
    "|免息|立减|直播|解读|看懂|研究|资讯|早知道|社区|话题|搜索|权益|感兴趣|换到|超市|极速|日添利"
)
_NEWS = (
    "指数|股|重仓|ETF|资金|板块|市场|经理|规模|季报|年报|研报|日报|行业|机构称|[0-9](?:小时|分钟|天)前"
    "|昨天|止盈|涨|跌|绿油油|加仓"
)
_TALK = re.compile(
    "点赞|编辑于|作者:|晒给|我的[^,]{2,8},|(?<!点)[我咱](?!的|买|方|有|要|们)|大家(?!都)|兄弟|回本|坚[定持]|躺平"
)
"""What somebody says: usual below a holding, where others comment on it; above it the
page is his."""
_ELSEWHERE = re.compile(f"{_ADVERTS}|{_NEWS}|为准|仅供参考")
"""Adverts, news and talk: usual where they say nothing of this holding."""
_OF_THIS = re.compile(
    "入账|份额(?!.{0,6}(?:增|降|大|突破|如何|怎))|若干|账户|账本|名下|您的?(?!关注|可能|可转)|[这此]里"
    "|此处|数字|操作|[占归捐押冻]|扣(?!款)|借(?!道|记|给)|暂时?(?!停)|尚|观察期|方可|才能"
    "|[不没未](?:可|能|得|再|支持|了)|识别|核实|往后|延期|放行|试算|测算|图示|第三方|[只其]中?[一二]笔"
)
_SURELY = re.compile(
    # Whose it is.
    "债权人|过户|继承|监护|未成年|压岁|成长金|[小宝]宝.{0,4}账户|选手|大赛|争霸|所有人:|工作台|游客|[他她]的持仓"
    "|凑[钱份]|合买|众筹|[0-9]人共|姐弟|兄妹"
    # As of when, and how sure.
    "|时光机|这一天|回到今天|切换日期|收盘后的|时点证明|证明时点|跑批|同步中|正在(?:拉取|同步|刷新|加载|核算)"
    "|对账?不[上平]|对不上账|差错|差额|存疑|不一致[,。]|回滚|重复入账|占位|默认值|骨架|例图|图例|图示|体验版|步骤[0-9一二三]|红框|是否解决"
    "|手[工动](?:录入|填)|自己填|实际账户|记账|自建|AI|脑补|自动识别|张冠李戴|打包票|别家|第三方|举个|练手|试算收益|假定|纯属"
    # What keeps it from being sold.
    "|案号|司法协助|有权机关|转托管|出借|召回|承诺|休眠|保护期|清算程序|合同.{0,3}终止|并入|换码|停办|暂缓|不受理|延期办理|往后排"
    "|第[0-9]+笔[/,]?共|(?:其中|这|那)一笔|另外[几两]笔"
)
"""Words that take a number back whatever else a sentence says."""
_OTHERWISE = re.compile(
    # Whose it is, and who looks at it.
    "归(?!零)|所有[权人]|[0-9]岁|名下|他人|别人|家[人庭](?!宽带)|亲[情属子]|父|母(?!基金)|爸|妈|儿子|女儿|子女|老[伴公婆]|爱人|配偶|孩|学[姐长]|达人"
    "|(?<![的贵新老级])客户(?!姓名|号|端|服务|[,:!]|$)|展业|内部|协助|代[为管]|授权|受让|共[有同](?!基金)|成员|作业"
    # As of when, and how sure.
    "|旧(?!金山)|停留|快照|离线|缓存|上次|当时|历史(?:持|份|时|快|月)|[0-9]天前|截[至止](?!日:)|制表|时点|回看|还原|预览|届时|到时"
    "|(?<![低高被])估(?!值)|大[概约]|倒推|折[算出]|换算|出入|误差|有误|异常|错误|出错|失败|未载入|才准|核实|更正|默认|示例|演示|模拟|仿真"
    "|虚拟|练习|样[例本板]|测试|测算|教学|假[设如]|例如|清[算盘]|终止|合并|更名"
    # Other places.
    "|其[他它](?:平台|渠道)|平台.{0,2}数据|渠道|外部|其[他它]机构|他行|只看|前往原|导入|同步"
)
"""What a sentence that takes any number back may speak of."""
_NOT_ALL = re.compile(
    # What keeps it from being sold.
    "冻|锁|封|押|抵(?!达|扣券)|扣(?!款)|占用|预留|留作|借(?!记|道|给)|捐|赠(?!送?券)|转(?:让|走|出[中份])|迁|划[转扣走]|交割|交收|处置|受限|限[制售]"
    "|受理|暂|止(?!盈)|禁|不(?:[能得支受再]|可(?!怕))|无法|动不了|未(?!实现|来|打开|读)|尚|才能|方可|解[冻锁除押禁]|激活|休眠|司法|法院"
    "|(?:协助|强制)执行|机关|停[办止卖赎]|到期|期满|待(?!遇)|排队|顺延|在途|意向|放行|下一轮|开一次"
    # That it is a part.
    "|部分|其中|若干|一半|算进|(?<!不)计入|入账|按钮|开门|剩余|余下|比这|能用的|并非|含|全体|份额|[勿别].{0,6}操作|操作$|[这此]处?数|这[里些只部]"
)
"""And one that takes back a number of held shares."""
_PARTS = re.compile(
    "(?:基金|理财|产品|份额|持仓|持有|资产|账户|交易|场内|场外|开放式|公募|证券|机构|企业|个人|我的|当前|全部|投资|客户|定投"
    "|详情|明细|查询|信息|情况|数据|记录|对账单|证明|账单|列表|类别|说明|系统|全网|人|类型|平台|管理|超市|直销|网上|日报|月度|提醒|标志|号码|代码|帮助|中心|分析"
    "|预[计估]|赎回|卖出|转换|转出|转入|买入|申购|修改|快速|巨额|处理|顺延|取消|放弃|继续|超额|部分|费用|今日|昨日|申请|受理|填写|方式|收益|更新|时间|本期"
    "|其他|有"
    "|美元|现汇|现钞|人民币|解锁|到期|计划|下一[批个]|日|已|中|于|至"
    "|[一二三四五六七八九十]、|[份元:>/|·.×+%()-]|[0-9])*"
)
"""What titles and labels are made of."""
_CODE = re.compile(r"[(\[]?[0-9]{6}[)\]]?")
_CJK = re.compile("[\u3400-\u9fff]")
_WORDS = 5
"""Chinese characters beside labels and numbers from which on a line is a sentence."""
_SHORTEST = 4
"""Characters below which a line says nothing of the kind."""
_LONG = 12
"""Of a sentence that goes on in the next line."""
_NEAR = 1.2
"""Heights between two lines of one sentence, at most."""
_END = re.compile("[。!?%]$")
_MARKS = re.compile("[,。;!?]|[您我]")


class _Said:
    """What a sentence's words are about; what nobody asks for is not looked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def surely(self) -> bool:
        """They take a number back whatever else the sentence says."""
        return _SURELY.search(self._text) is not None

    @cached_property
    def usual(self) -> bool:
        """They are of a usual sentence, a title or a label."""
        return self._is_title or _USUAL.search(self._text) is not None

    @cached_property
    def not_yet(self) -> bool:
        """They are of orders whose shares are still in the number."""
        return not self._is_title and _NOT_YET.search(self._text) is not None

    @cached_property
    def elsewhere(self) -> bool:
        """They are of adverts and news, and not of this holding."""
        return not self._is_of_this and _ELSEWHERE.search(self._text) is not None

    @cached_property
    def talk(self) -> bool:
        """They are somebody's, and not of this holding."""
        return not self._is_of_this and _TALK.search(self._text) is not None

    @cached_property
    def otherwise(self) -> bool:
        """They may take any number back."""
        return _OTHERWISE.search(self._text) is not None

    @cached_property
    def not_all(self) -> bool:
        """They may take a number of held shares back."""
        return _NOT_ALL.search(self._text) is not None

    @cached_property
    def _is_title(self) -> bool:
        return _PARTS.fullmatch(self._text) is not None

    @cached_property
    def _is_of_this(self) -> bool:
        return _OF_THIS.search(self._text) is not None


def strange(grid: TokenGrid, share: float, bottom: float, *, available: bool) -> str:
    """The first sentence above `bottom` that is of no usual kind; empty where there is none.

    share: where the number's line begins, vertically; what somebody says below it is a comment.
    available: of shares that are called available, a lock only explains why they are fewer.
    """
    texts = {id(token): _text(token) for token in grid.tokens if token.first}
    times = Counter(texts.values())
    lines = [t for t in grid.tokens if t.first and t.top < bottom]
    begun: list[Token] = []
    for token in sorted(lines, key=lambda t: (t.top, t.left)):
        text = texts[id(token)]
        if len(text) < _SHORTEST:
            continue
        if times[text] > 1:
            continue  # a watermark
        said, is_above = _said(text), token.bottom <= share
        if said.surely:
            return text
        usual = said.usual and (available or not said.not_yet)
        usual = usual or (not is_above if said.talk else said.elsewhere)
        if usual or any(_goes_on(one, token) for one in begun):
            if len(_CJK.findall(text)) >= _LONG:
                begun.append(token)
            continue
        tells = said.otherwise or (said.not_all and not available) or (said.talk and is_above)
        if tells and _is_sentence(token, text):
            return text
    return ""


def _text(token: Token) -> str:
    return compact(normalize(token.lines[0].text))


@lru_cache(maxsize=8192)
def _said(text: str) -> _Said:
    return _Said(text)


def _is_sentence(token: Token, text: str) -> bool:
    words = _CODE.sub("", text)
    if (is_name(words) and not _MARKS.search(words)) or is_chip(words):
        return False
    parts = segments(normalize(token.lines[0].text))
    rest = "".join(p.text for p in parts if p.number is None and p.role is Role.TEXT)
    return len(_CJK.findall(rest)) >= _WORDS


def _goes_on(before: Token, token: Token) -> bool:
    """Whether a line goes on with the sentence of the line above."""
    height = max(before.height, token.height)
    apart = token.top - before.bottom
    return (
        -height / 2 < apart < _NEAR * height
        and abs(token.left - before.left) < height / 2
        and not _END.search(_text(before))
    )
