"""Which boxes the thorough recogniser reads after the light one, without models."""

from collections.abc import Callable, Collection, Sequence

from ocr.cascade import Lines, read_in_turn
from postprocess.types import Line, Page


def line(text: str, left: float = 0.0) -> Line:
    right = left + 10.0 * len(text)
    return Line(
        text=text, confidence=1.0, quad=((left, 0.0), (right, 0.0), (right, 20.0), (left, 20.0))
    )


class Thorough:
    """Reads what a box shows; knows what it was asked for."""

    def __init__(self, *shown: Lines) -> None:
        self._shown = shown
        self.asked: list[list[int]] = []

    def __call__(self, boxes: Sequence[int]) -> list[Lines]:
        self.asked.append(list(boxes))
        return [self._shown[box] for box in boxes]


class Doubting:
    """Doubts what some texts make it doubt; keeps the pages that it was shown."""

    def __init__(self, doubt: Callable[[list[str]], Collection[str]]) -> None:
        self._doubt = doubt
        self.pages: list[list[str]] = []

    def __call__(self, page: Page) -> list[Line]:
        texts = [one.text for one in page.lines]
        self.pages.append(texts)
        doubted = self._doubt(texts)
        return [one for one in page.lines if one.text in doubted]


def page_of(_: int, lines: Lines) -> Page:
    return Page(lines=tuple(lines), width=100, height=100)


def texts(read: Sequence[Lines]) -> list[list[str]]:
    return [[one.text for one in lines] for lines in read]


def test_what_is_in_doubt_is_read_again_and_the_page_that_comes_of_it_is_asked_about() -> None:
    light = [[line("1")], [line("b", 50)], [line("c", 100)]]
    thorough = Thorough([line("7")], [line("B", 50)], [line("C", 100)])
    # That the first line is a 7 makes the second one doubtful.
    doubts = Doubting(lambda seen: {"1"} if "1" in seen else {"7", "b"})
    read = read_in_turn([0, 0, 0], light, (), thorough, page_of, doubts)
    assert texts(read) == [["7"], ["B"], ["c"]]
    assert thorough.asked == [[0], [1], []], "each box once"
    assert doubts.pages == [["1", "b", "c"], ["7", "b", "c"], ["7", "B", "c"]]


def test_a_faint_box_is_read_again_though_no_page_shows_it() -> None:
    thorough = Thorough([line("a")], [line("5", 50)])
    read = read_in_turn([0, 0], [[line("a")], []], [1], thorough, page_of, Doubting(lambda _: ()))
    assert texts(read) == [["a"], ["5"]]
    assert thorough.asked == [[1], []]


def test_a_box_of_two_lines_is_read_again_whole() -> None:
    light = [[line("7.1"), line("8.2", 50)]]
    thorough = Thorough([line("7.1 8.2")])
    read = read_in_turn([0], light, (), thorough, page_of, Doubting(lambda _: {"8.2"}))
    assert texts(read) == [["7.1 8.2"]]


def test_pictures_are_read_again_together_and_asked_about_apart() -> None:
    light = [[line("a")], [line("x")], [line("b")], [line("y")]]
    thorough = Thorough([line("A")], [line("X")], [line("B")], [line("Y")])
    doubts = Doubting(lambda seen: {"a", "b"} & set(seen))
    read = read_in_turn([0, 1, 0, 2], light, (), thorough, page_of, doubts)
    assert texts(read) == [["A"], ["x"], ["B"], ["y"]]
    assert thorough.asked == [[0, 2], []]
    assert sorted(doubts.pages) == [["A", "B"], ["a", "b"], ["x"], ["y"]]


def test_without_a_box_nobody_is_asked() -> None:
    doubts = Doubting(lambda _: ())
    assert read_in_turn([], [], (), Thorough(), page_of, doubts) == []
    assert doubts.pages == []
