"""Texts that stand nowhere else, one for each thing that must not be told, and a screen that shows
some."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from io import BytesIO

from PIL import Image

from evals.screens.brief import Brief, Label
from evals.screens.facts import Fund, Position
from evals.screens.layouts import BY_NAME
from evals.screens.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """What each is: `query` of a link, `note` and `actor` of a correction, `share` a person's
    value, `cookie` and `agent` of a browser, `wrong` a key that is none, `path` of a wrong address,
    `body` in a body that cannot be understood; `name`, `amount` and `held` stand on the picture."""

    query: str = "Signature=canary-of-a-query-4711"
    note: str = "canary-of-a-note-4712"
    actor: str = "canary-of-an-actor-4713"
    share: str = "4714471447.1447"
    cookie: str = "canary-of-a-cookie-4715"
    agent: str = "canary-of-an-agent-4716"
    wrong: str = "canary-of-a-wrong-key-4717"
    search: str = "canary-of-a-search-4718"
    body: str = "canary-of-a-body-4719"
    name: str = "青鸟知春"
    held: str = "947138.26"
    amount: str = "1874007.76"

    def forms(self) -> dict[str, list[str]]:
        """Each by its name, in every way in which it may be written."""
        told = {one.name: [getattr(self, one.name)] for one in fields(self)}
        for number in ("held", "amount"):
            told[number].append(f"{Decimal(told[number][0]):,}")
        told["query"].append(self.query.rpartition("=")[2])
        told["name"].append(self.name.encode("unicode_escape").decode("ascii"))
        return told


CANARIES = Canaries()


def picture(mark: int = 0) -> bytes:
    """A PNG of the part of a screen with the fund's name, what is held of it and its worth; mark:
    makes it a picture that was never read."""
    position = Position(
        fund=Fund(name=f"{CANARIES.name}成长混合A", code="018344", kind="混合型"),
        held=Decimal(CANARIES.held),
        available=Decimal(CANARIES.held),
        nav=Decimal("1.9786"),
        previous_nav=Decimal("1.9611"),
        cost_price=Decimal("1.6520"),
        day=date(2024, 8, 14),
    )
    brief = Brief(
        position=position,
        available=Label(text="可用份额", family="available"),
        clock="9:41",
        variant=20,
    )
    screen = render(BY_NAME["alipay_asset"], brief, dark=False, face="noto", width=1170)
    image: Image.Image = screen.picture.crop((0, 300, 1170, 1010))
    image.putpixel((0, 0), (mark, 0, 0))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
