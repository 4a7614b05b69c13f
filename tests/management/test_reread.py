"""Pictures are read again by a version that serves: what would change is told before it does."""

from subprocess import CompletedProcess

from db.store import Store
from evals.testbed.picture_host import Conversation, whole
from tests.db.sample_readings import refused
from tests.management.callers import PICTURE, SHOWN
from tests.management.shop import READER, Shop

pytest_plugins = ["tests.management.shop_fixtures"]

SILENT = {"evidence": {}, "image_sha256": None, "url_type": "7min_local", "refresh": True}


def without_answer(shop: Shop, store: Store, *names: str, path: str = "/a.png") -> list[str]:
    """Links that were read, as if the version of then had found nothing on their pictures."""
    links = [shop.read_once(name, path) for name in names]
    store.save([refused(link, **SILENT) for link in links])
    return links


def reread(shop: Shop, *options: str) -> "CompletedProcess[str]":
    """By the version that serves, what had no code."""
    chosen = ("--model", shop.default(READER), "--reason", "NO_CODE")
    return shop.fundocr("reread", *chosen, *options)


def test_pictures_are_read_again_to_see_what_would_change_before_it_does(shop: Shop) -> None:
    gone = "http://127.0.0.1:9/gone.png"
    with shop.store() as store:
        links = without_answer(shop, store, "again=1", "again=2")
        shop.read_once("again=3")
        lost, corrected = (store.get(identity=link) for link in links)
        store.save([refused(gone, **SILENT)])
        store.correct(links[1], "000001", "7", actor="李四")
        kept, before = store.get(id=corrected.id), shop.counts()

        looked = reread(shop)
        assert looked.returncode == 0, looked
        assert "2 rows: 0 same, 0 changed, 2 gained, 0 lost" in looked.stdout
        assert "1 with nothing to go by" in looked.stdout
        assert store.get(id=lost.id) == lost
        assert shop.counts() == before

        done = shop.fundocr(
            "reread", "--model", shop.default(READER), "--reason", "NO_CODE", "--apply"
        )
        assert done.returncode == 0, done
        assert "1 row was changed" in done.stdout
        now = store.get(id=lost.id)
        assert {"fund_code": now.ocr_fund_code, "hold_share": now.ocr_hold_share} == SHOWN
        assert [line.action for line in store.history(lost.id)] == ["reread", "reread"]
        assert shop.counts() == (before[0], before[1] + 1)
        assert store.get(id=corrected.id) == kept
        for link in (*links, gone):
            store.forget(link)


def test_a_version_that_is_not_there_is_refused(shop: Shop) -> None:
    unknown = shop.fundocr("reread", "--model", "9.9")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert f"there are: {shop.default(READER)}" in unknown.stderr


class Strikes:
    """A picture, and what happens just before it is given for the second time."""

    def __init__(self) -> None:
        self.asked, self.strike = 0, lambda: None

    def __call__(self, talk: Conversation) -> None:
        self.asked += 1
        if self.asked == 2:
            self.strike()
        whole(PICTURE)(talk)


def test_what_people_say_between_look_and_apply_stands_and_is_told(shop: Shop) -> None:
    """The first time the picture is fetched to look, the second time to apply."""
    with shop.store() as store:
        corrects, forgets, breaks = Strikes(), Strikes(), Strikes()
        shop.routes.update(
            {"/corrects.png": corrects, "/forgets.png": forgets, "/breaks.png": breaks}
        )
        links = [
            *without_answer(shop, store, "race", path="/corrects.png"),
            *without_answer(shop, store, "race", path="/forgets.png"),
            *without_answer(shop, store, "race", path="/breaks.png"),
        ]
        corrected, forgotten, broken = (store.get(identity=link) for link in links)

        def breaking() -> None:
            raise OSError

        corrects.strike = lambda: store.correct(links[0], "000001", "7", actor="李四")
        forgets.strike = lambda: store.forget(links[1])
        breaks.strike = breaking
        for strikes in (corrects, forgets, breaks):
            strikes.asked = 0

        done = shop.fundocr(
            "reread", "--model", shop.default(READER), "--reason", "NO_CODE", "--apply"
        )
        told = done.stdout.splitlines()
        assert f"row {corrected.id} has changed since it was looked at, and stays as it is" in told
        assert f"row {forgotten.id} was deleted meanwhile" in told
        assert f"row {broken.id} was not stored: FETCH_FAILED" in told
        assert "1 row could not be stored; run the same command again." in told
        assert done.returncode == 1

        now = store.get(id=corrected.id)
        assert (now.answer_fund_code, now.answer_hold_share, now.flag) == ("000001", "7", False)
        assert [line.action for line in store.history(corrected.id)] == ["reread", "corrected"]
        assert store.find([links[1]]) == {}
        assert store.get(id=broken.id) == broken

        again = shop.fundocr(
            "reread", "--model", shop.default(READER), "--reason", "NO_CODE", "--apply"
        )
        assert again.returncode == 0, again
        assert store.get(id=broken.id).ocr_hold_share == SHOWN["hold_share"]
        for link in links:
            store.forget(link)
