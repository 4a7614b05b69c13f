"""Ten pictures through the upload page to the real service and back."""

import json
from collections.abc import Callable

from playwright.sync_api import expect

from db.access import Keys, Role
from db.engine import open_engine
from db.store import Store
from tests.conftest import SAMPLES
from tests.pages.conftest import Person
from tests.trial import Trial

NAMES = (
    *("alipay_light_rows.png", "alipay_dark_two_labels.jpg", "tiantian_light_redeem_form.png"),
    *("licaitong_light_inline.png", "licaitong_dark_inline.jpg", "cmb_light_product_code.png"),
    *("cmb_dark_two_labels.jpg", "fundhouse_light_label_above.png", "xueqiu_light_pairs.jpg"),
    "danjuan_light_no_code.png",
)


def test_ten_pictures_are_uploaded_and_each_shows_its_result(
    trial: Trial,
    browser_person: Callable[[str, str], Person],
    truth: dict[str, dict[str, str]],
) -> None:
    engine = open_engine(trial.database_url)
    li = browser_person(trial.front, Keys(engine).add("上传的人", Role.CORRECTOR))
    li.go("/upload")
    li.page.set_input_files("#files", [SAMPLES / name for name in NAMES])
    expect(li.page.locator("#summary-text")).to_have_text(
        "10 / 10 完成，9 张有答案，0 张失败", timeout=120_000
    )
    for name in NAMES:
        line = li.page.locator("#list tr", has_text=name)
        expect(line.locator(".code")).to_have_text(truth[name]["fund_code"])
        expect(line.locator(".share")).to_have_text(truth[name]["hold_share"])
    refused = li.page.locator("#list tr", has_text="danjuan_light_no_code.png")
    expect(refused.locator(".chip")).to_have_text("没有找到代码")
    li.look("upload-ten")
    link = str(refused.locator("a").get_attribute("href"))
    row = Store(engine).get(id=int(link.partition("?")[0].rpartition("/")[2]))
    assert (row.url_type, row.reason) == ("upload", "NO_CODE")
    engine.dispose()


def test_a_file_that_is_no_picture_fails_by_itself(
    trial: Trial, browser_person: Callable[[str, str], Person]
) -> None:
    engine = open_engine(trial.database_url)
    li = browser_person(trial.front, Keys(engine).add("另一个上传的人", Role.CORRECTOR))
    engine.dispose()
    li.go("/upload")
    good = SAMPLES / "alipay_light_rows.png"
    li.page.set_input_files(
        "#files",
        [
            {"name": "words.png", "mimeType": "image/png", "buffer": b"no picture"},
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": json.dumps([]).encode()},
            {"name": "good.png", "mimeType": "image/png", "buffer": good.read_bytes()},
        ],
    )
    expect(li.page.locator("#summary-text")).to_have_text(
        "1 / 3 完成，1 张有答案，2 张失败", timeout=60_000
    )
    wrong = li.page.locator("#list tr", has_text="words.png").locator(".chip")
    expect(wrong).to_have_text("这不是 JPEG、PNG、WEBP 或 BMP 图片。")
    li.page.click("#retry")
    expect(wrong).to_have_text("这不是 JPEG、PNG、WEBP 或 BMP 图片。")
    expect(li.page.locator("#list .code").last).to_have_text("011608")
