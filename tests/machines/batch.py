"""A batch among the other requests: handed in at one machine, worked off by whichever lives."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from serving.failure import Failure
from tests.faults.book import Judged
from tests.faults.ledger import Entry, Outcome
from tests.faults.load import World

# A killed machine's items are taken up a minute later, behind all single requests.
_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One that was handed in. sent: monotonic (s)."""

    id: str
    sent: float


def hand_in(world: World, count: int) -> Batch:
    """So many links that nobody has asked for."""
    numbers = [world.pictures.next_number() for _ in range(count)]
    links = [world.host.url(f"/{number}.png") for number in numbers]
    for link, number in zip(links, numbers, strict=True):
        world.book.shown[link] = world.pictures.shows(number)
    sent = time.monotonic()
    body = json.dumps([{"image_url": link, "url_type": "7min_local"} for link in links])
    for link in links:  # its row may come at any time from now on
        _note(world, Entry(identity=link, sent=sent, ended=sent, outcome=Outcome.UNKNOWN))
    answer = _ask(world, "POST", "/ocr_batch", body)
    if answer is None:  # it is sent once: a second one would be another batch
        raise Failure("the batch was not taken")
    return Batch(id=answer["batch_id"], sent=sent)


def settle(world: World, batch: Batch) -> dict[str, int]:
    """Wait until nothing of it is left to do; its answers go into the book. How many items came to
    which state."""
    deadline = time.monotonic() + _LIMIT_S
    counts: dict[str, int] = {}
    while time.monotonic() < deadline:
        found = _ask(world, "GET", f"/ocr_batch/{batch.id}", None)
        if found is not None:
            counts = found["counts"]
            if counts["queued"] + counts["running"] == 0:
                for item in found["items"]:
                    _note_item(world, batch, item)
                return counts
        time.sleep(0.5)
    return counts


def _note_item(world: World, batch: Batch, item: dict[str, Any]) -> None:
    told = None
    if item["state"] == "done":
        data = item["answer"]["data"]
        told = (data["fund_code"], data["hold_share"])
    outcome = Outcome.OK if told else Outcome.FAILED
    entry = Entry(
        identity=item["image_url"],
        sent=batch.sent,
        ended=time.monotonic(),
        outcome=outcome,
        told=told,
    )
    _note(world, entry)


def _note(world: World, entry: Entry) -> None:
    world.book.note(entry, Judged(outcome=entry.outcome, told=entry.told), "")


def _ask(world: World, method: str, path: str, body: str | None) -> dict[str, Any] | None:
    """One request on a connection of its own; None where there is no answer that is ok."""
    place = urlsplit(world.front)
    assert place.hostname is not None
    talk = HTTPSConnection(place.hostname, place.port, timeout=150, context=world.context)
    headers = {"Authorization": f"Bearer {world.key}", "Content-Type": "application/json"}
    try:
        talk.request(method, path, body, headers)
        answer = talk.getresponse()
        content = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        talk.close()
    return dict(json.loads(content)) if answer.status in (200, 202) else None
