"""The fast reader reads what PaddleOCR itself reads."""

import pytest

from tests.ocr.reading import V4, V6, alike, page, texts, truth, words

REFERENCES = [("onnxruntime", V6), ("paddle", V4)]
OURS = [("openvino", V6), ("openvino", V4)]
FEW = ("alipay_light_rows.png", "fundhouse_light_label_above.png", "tiantian_light_list.png")
READ = {
    "paddle": FEW[:1],
    "onnxruntime": (*FEW, "alipay_dark_two_labels.jpg"),
}
"""What the slow engines read in `make test`: they take 4.5 and 1.5 s for each on a quiet machine,
and many times that on a busy one. `make drills` has them read all."""


def cases(engines: list[tuple[str, str]], *, with_answer: bool) -> list[object]:
    found: list[object] = []
    for engine, models in engines:
        for name, answer in truth().items():
            if with_answer and not answer["fund_code"]:
                continue
            is_drill = name not in READ.get(engine, (name,))
            marks = [pytest.mark.drill] if is_drill else []
            found.append(pytest.param(engine, models, name, marks=marks))
    return found


@pytest.mark.parametrize(
    ("reference", "models", "names"),
    [
        *((engine, models, READ[engine]) for engine, models in REFERENCES),
        *(
            pytest.param(engine, models, tuple(truth()), marks=pytest.mark.drill)
            for engine, models in REFERENCES
        ),
    ],
)
def test_99_of_100_lines_are_read_alike_and_in_the_same_order(
    reference: str, models: str, names: tuple[str, ...]
) -> None:
    equal, total, different = alike(
        (page("openvino", models, name), page(reference, models, name)) for name in names
    )
    assert total > 15 * len(names)
    assert equal / total >= 0.99, "\n".join(different)


@pytest.mark.parametrize(
    ("engine", "models", "name"), cases([*OURS, *REFERENCES], with_answer=True)
)
def test_every_code_and_share_of_the_samples_is_read(engine: str, models: str, name: str) -> None:
    read = "\n".join(words(texts(page(engine, models, name))))
    assert truth()[name]["fund_code"] in read
    assert truth()[name]["hold_share"] in read.replace(",", "")


@pytest.mark.parametrize(("reference", "models", "name"), cases(REFERENCES, with_answer=True))
def test_lines_with_the_code_or_the_share_stand_at_the_same_place(
    reference: str, models: str, name: str
) -> None:
    ours, theirs = page("openvino", models, name), page(reference, models, name)
    for value in truth()[name].values():
        places = [
            [
                line.quad
                for line in read.lines
                if value in "".join(words([line.text])).replace(",", "")
            ]
            for read in (ours, theirs)
        ]
        assert len(places[0]) == len(places[1]) > 0
        for mine, other in zip(*places, strict=True):
            # Two pixels of the detector's map, which is up to three times smaller.
            assert all(
                abs(a - b) <= 6
                for p, q in zip(mine, other, strict=True)
                for a, b in zip(p, q, strict=True)
            )


@pytest.mark.parametrize(
    ("engine", "models", "name"), cases([*OURS, *REFERENCES], with_answer=False)
)
def test_a_page_carries_its_size_and_the_model_version(engine: str, models: str, name: str) -> None:
    read = page(engine, models, name)
    assert read.height > read.width > 0
    assert read.model_version.startswith(f"{models}@")
