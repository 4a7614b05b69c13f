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
