"""A list of funds: when a name on the screen is a code's, another's, or cannot tell."""

import pytest

from postprocess.funds import Fit, FundList

FUNDS = FundList(
    {
        "000001": "一二三四五六七八九十",
        "000002": "易方达蓝筹精选混合型证券投资基金",
        "000003": "恒澜消费升级混合A类",
        "000004": "华安ETF联接(QDII)发起式",
        "000005": "",
    }
)


@pytest.mark.parametrize(
    ("code", "name", "fit"),
    [
        # Of ten characters ten, eight, seven, five and four stand in the listed name, in order.
        ("000001", "一二三四五六七八九十", Fit.SAME),
        ("000001", "一二三四五六七八甲乙", Fit.SAME),
        ("000001", "一二三四五六七甲乙丙", Fit.UNKNOWN),
        ("000001", "甲二三四五六七八乙丙", Fit.UNKNOWN),
        ("000001", "一二三四五甲乙丙丁戊", Fit.UNKNOWN),
        ("000001", "一二三四甲乙丙丁戊己", Fit.OTHER),
        ("000001", "甲乙丙丁戊己庚辛壬癸", Fit.OTHER),
        # The shorter one counts; order does.
        ("000001", "一三五七九", Fit.SAME),
        ("000001", "十九八七六五四三二一", Fit.OTHER),
        ("000001", "一一一一一", Fit.OTHER),
        ("000001", "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸", Fit.SAME),
        # What fills a name does not count, nor do brackets, spaces and width.
        ("000002", "易方达蓝筹精选混合", Fit.SAME),
        ("000002", "易方达 蓝筹精选（混合）", Fit.SAME),
        ("000002", "型证券投资基金", Fit.UNKNOWN),
        ("000004", "华安etf联接ＱＤＩＩ", Fit.SAME),
        # Another class is another fund.
        ("000003", "恒澜消费升级混合A", Fit.SAME),
        ("000003", "恒澜消费升级混合a", Fit.SAME),
        ("000003", "恒澜消费升级混合", Fit.SAME),
        ("000003", "恒澜消费升级混合C类", Fit.OTHER),
        ("000002", "易方达蓝筹精选混合C", Fit.SAME),
        ("000005", "恒澜消费升级混合", Fit.UNKNOWN),
        ("999999", "恒澜消费升级混合", Fit.UNKNOWN),
        ("000003", "", Fit.UNKNOWN),
    ],
)
def test_a_name_fits_a_code_by_what_both_have_in_common(code: str, name: str, fit: Fit) -> None:
    assert FUNDS.fit(code, name) is fit


MANY = FundList(
    {
        "100001": "恒澜医疗健康混合A",
        "100002": "恒澜医疗健康混合C",
        "100003": "恒澜医疗创新股票A",
        "100004": "恒澜医疗创新股票(后端)",
        "100005": "恒澜恒生ETF联接A",
        "100006": "恒生ETF恒澜",
        "100007": "恒澜全球配置混合(QDII)人民币A",
        "100008": "恒澜全球配置混合(QDII)美元现汇A",
        "100009": "恒澜乾享核心精选混合A",
        "100010": "恒澜核心精选混合A",
        "100011": "星禾中证500指数增强A",
        "100012": "星禾中证500指数",
        "100013": "星禾A股MSCI联接C",
        "100014": "星禾蓝筹价值",
        "100015": "星禾蓝筹",
    }
)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("100001", "恒澜医疗健康混合"),
        ("100002", "恒澜医疗健康混合"),
        ("100002", "恒澜医疗健康混合型发起式证券投资基金C类"),
        ("100003", "恒澜医疗创新股票"),
        ("100004", "恒澜医疗创新股票"),
        # Cut, or wrapped: the other line, or what is left of a word at the end.
        ("100001", "恒澜医疗…"),
        ("100003", "恒澜医疗..."),
        ("100003", "恒澜医疗创"),
        ("100012", "星禾中证500…"),
        ("100011", "星禾中证500指数…"),
        ("100007", "恒澜全球配置混合(QD"),
        ("100007", "恒澜全球配置混合(Q…"),
        ("100013", "星禾A"),
        ("100011", "500指数增强A"),
        ("100008", "元现汇A"),
        ("100007", "II)人民币A"),
        # 联接 and where the house stands.
        ("100005", "恒澜恒生ETFA"),
        ("100005", "恒澜恒生ETF"),
        ("100006", "恒澜恒生ETF"),
        ("100006", "恒生ETF"),
        # One character misread, of whatever kind.
        ("100001", "恒澜医疗健廉混合A"),
        ("100001", "恒澜医疗健混合A"),
        ("100003", "恒蓝医疗创新股票A"),
        ("100010", "恒澜核心精造混合A"),
        ("100008", "恒澜全球配置混合美元A"),
    ],
)
def test_a_name_that_is_shortened_or_misread_is_still_the_codes(code: str, name: str) -> None:
    assert MANY.fit(code, name) is not Fit.OTHER


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("100001", "恒澜医疗健康混合C"),
        ("100002", "恒澜医疗健康混合A"),
        ("100001", "恒澜医疗创新股票A"),
        ("100001", "恒澜医疗创新"),
        ("100001", "恒澜医疗创…"),
        ("100003", "恒澜医疗健康混合"),
        ("100003", "恒澜医疗创新股票(后端)"),
        ("100006", "恒澜恒生ETF联接"),
        ("100007", "恒澜全球配置混合(美元现汇)A"),
        ("100008", "恒澜全球配置混合人民币A"),
        # All of the name stands in the code's own, in order; it is another's all the same.
        ("100009", "恒澜核心精选混合A"),
        ("100009", "恒澜核心精选"),
        ("100011", "星禾中证500指数"),
        ("100014", "星禾蓝筹"),
        ("100012", "恒澜医疗健康混合A"),
    ],
)
def test_a_name_that_is_nearer_to_another_listed_fund_is_another_s(code: str, name: str) -> None:
    assert MANY.fit(code, name) is Fit.OTHER


def test_a_fund_that_is_nearer_counts_only_where_it_is_listed() -> None:
    alone = FundList({"100009": "恒澜乾享核心精选混合A", "100001": "恒澜医疗健康混合"})
    assert alone.fit("100009", "恒澜核心精选混合A") is Fit.SAME
    assert alone.fit("100001", "恒澜医疗健康混合C") is Fit.SAME


def test_the_list_knows_its_codes_and_how_many_they_are() -> None:
    assert "100001" in MANY and "999999" not in MANY
    assert len(MANY) == 15


def test_the_version_is_that_of_codes_and_names() -> None:
    names = {"100001": "恒澜医疗健康混合(QDII)A", "100002": "恒澜医疗健康混合C"}
    one = FundList(names)
    assert FundList(dict(reversed(names.items()))).version == one.version
    assert FundList(names | {"100001": "恒澜医疗 健康混合（QDII）A"}).version == one.version
    others = ({"100001": "恒澜医疗健康混合A"}, {"100003": "恒澜医疗创新股票A"})
    assert len({FundList(names | other).version for other in others} | {one.version}) == 3
