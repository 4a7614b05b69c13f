"""A fund's name taken apart: what is its own, and which class of it is meant."""

import pytest

from postprocess.fund_names import Marks, also_called, fund_name


@pytest.mark.parametrize(
    ("name", "own", "marks"),
    [
        ("易方达蓝筹精选混合", "易方达蓝筹精选混合", Marks()),
        ("易方达 蓝筹精选混合型证券投资基金", "易方达蓝筹精选混合", Marks()),
        ("恒澜消费升级混合型发起式证券投资基金A类", "恒澜消费升级混合", Marks(classes="A")),
        ("恒澜消费升级混合发起c", "恒澜消费升级混合", Marks(classes="C")),
        ("富国稳健增强债券A/B(后端)", "富国稳健增强债券", Marks(classes="AB", back=True)),
        ("华安ETF联接（QDII）发起式", "华安ETF", Marks(linked=True)),
        ("上证180ETF易方达", "上证180ETF易方达", Marks()),
        ("科创50ETFC", "科创50ETF", Marks(classes="C")),
        ("招商中证白酒指数(LOF)A", "招商中证白酒指数", Marks(classes="A")),
        ("兴全盈丰混合(ETF-FOF)Y", "兴全盈丰混合", Marks(classes="Y")),
        (
            "华夏恒生交易型开放式指数证券投资基金联接基金(LOF)C",
            "华夏恒生ETF",
            Marks(classes="C", linked=True),
        ),
        ("银华添益定期开放债券D", "银华添益定开债券", Marks(classes="D")),
        ("南方启元三个月持有期债券E", "南方启元三个月持有债券", Marks(classes="E")),
        # Currencies are classes; a bond in dollars is what the fund holds.
        ("华夏全球股票(QDII)(人民币)", "华夏全球股票", Marks(currency="人")),
        ("易方达原油C类美元汇", "易方达原油", Marks(classes="C", currency="美", form="汇")),
        ("嘉实互联网股票美元现钞", "嘉实互联网股票", Marks(currency="美", form="钞")),
        ("摩根发达市场指数(QDII)美钞", "摩根发达市场指数", Marks(currency="美", form="钞")),
        ("华夏恒生ETF联接现汇", "华夏恒生ETF", Marks(currency="美", form="汇", linked=True)),
        ("广发100ETF联接美元(QDII)A", "广发100ETF", Marks(classes="A", currency="美", linked=True)),
        ("易方达企业混合(QDII)A(人民币份额)", "易方达企业混合", Marks(classes="A", currency="人")),
        ("中银美元债债券A", "中银美元债债券", Marks(classes="A")),
        ("南方MSCI", "南方MSCI", Marks()),
        ("", "", Marks()),
    ],
)
def test_a_name_is_taken_apart(name: str, own: str, marks: Marks) -> None:
    found = fund_name(name)
    assert (found.own, found.marks, found.cut) == (own, marks, False)


@pytest.mark.parametrize("name", ["恒澜消费升级混A…", "恒澜消费升级混A...", "恒澜消费升级混A ‥"])
def test_a_cut_name_says_nothing_of_its_class(name: str) -> None:
    found = fund_name(name)
    assert (found.own, found.marks, found.cut) == ("恒澜消费升级混A", Marks(), True)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("恒生ETF华夏", "华夏恒生ETF"),
        ("科创50ETF", ""),
        ("华夏恒生ETF", ""),
        ("恒澜消费升级混合", ""),
    ],
)
def test_an_exchange_traded_fund_has_its_house_at_either_end(own: str, other: str) -> None:
    assert also_called(own) == other


def test_marks_contradict_only_where_both_say_something() -> None:
    a, ab, c = Marks(classes="A"), Marks(classes="AB"), Marks(classes="C")
    assert a.contradict(c) and not a.contradict(ab) and not a.contradict(Marks())
    yuan, dollar = Marks(currency="人"), Marks(currency="美")
    assert yuan.contradict(dollar) and not yuan.contradict(a)
    note, cash = Marks(currency="美", form="汇"), Marks(currency="美", form="钞")
    assert note.contradict(cash) and not note.contradict(dollar)
    assert not Marks(back=True).contradict(Marks(linked=True))
