"""The fast reader reads what PaddleOCR itself reads."""

import pytest

from tests.ocr.reading import V4, V6, alike, pages, texts, truth, words

PAIRS = [("onnxruntime", V6), ("paddle", V4)]
ENGINES = [("openvino", V6), ("openvino", V4), *PAIRS]
WITH_ANSWER = [name for name, answer in truth().items() if answer["fund_code"]]


@pytest.mark.parametrize(("reference", "models"), PAIRS)
def test_99_of_100_lines_are_read_alike_and_in_the_same_order(reference: str, models: str) -> None:
    ours, theirs = pages("openvino", models), pages(reference, models)
    equal, total, different = alike((ours[name], theirs[name]) for name in truth())
    assert total > 200
    assert equal / total >= 0.99, "\n".join(different)


@pytest.mark.parametrize(("engine", "models"), ENGINES)
@pytest.mark.parametrize("name", WITH_ANSWER)
def test_every_code_and_share_of_the_samples_is_read(name: str, engine: str, models: str) -> None:
    page = pages(engine, models)[name]
    read = "\n".join(words(texts(page)))
    assert truth()[name]["fund_code"] in read
    assert truth()[name]["hold_share"] in read.replace(",", "")


@pytest.mark.parametrize(("reference", "models"), PAIRS)
@pytest.mark.parametrize("name", WITH_ANSWER)
def test_lines_with_the_code_or_the_share_stand_at_the_same_place(
    name: str, reference: str, models: str
) -> None:
    ours, theirs = pages("openvino", models)[name], pages(reference, models)[name]
    for value in truth()[name].values():
        places = [
            [
                line.quad
                for line in page.lines
                if value in "".join(words([line.text])).replace(",", "")
            ]
            for page in (ours, theirs)
        ]
        assert len(places[0]) == len(places[1]) > 0
        for mine, other in zip(*places, strict=True):
            # Two pixels of the detector's map, which is up to three times smaller.
            assert all(
                abs(a - b) <= 6
                for p, q in zip(mine, other, strict=True)
                for a, b in zip(p, q, strict=True)
            )


@pytest.mark.parametrize(("engine", "models"), ENGINES)
def test_a_page_carries_its_size_and_the_model_version(engine: str, models: str) -> None:
    for page in pages(engine, models).values():
        assert page.height > page.width > 0
        assert page.model_version.startswith(f"{models}@")
