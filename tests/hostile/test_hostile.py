"""Hostile links, hosts and pictures against the whole running service, by both entrances at which
the front door fetches: for its callers, and for the review page. A worker fetches by the same code.

`make hostile` does the same at full length, by TorchServe too, and measures; here it is right or
wrong only. Cut samples are tried on the decoder itself (tests/image/test_samples_cut.py), and most
mutated pictures are here.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from pipeline.decode.image import decode
from pipeline.errors import ServiceError
from pipeline.settings import PROJECT, Settings
from tests.hostile.__main__ import SEED
from tests.hostile.links import CORPUS, FORBIDDEN, REBINDINGS
from tests.hostile.mutate import mutated
from tests.hostile.namespace import inside

WAYS = ("front door", "review page")
MUTATIONS, OF_THE_DECODER = 48, 1000


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a quick run found. That it ends with 0 is no matter here: it judges its times too."""
    file = tmp_path_factory.mktemp("hostile") / "found.json"
    parts = ("--only", "links", "hosts", "pictures", "mutations", "--by", *WAYS)
    command = [sys.executable, "-m", "tests.hostile", "--quick", *parts]
    done = subprocess.run(
        inside([*command, "--mutations", str(MUTATIONS), "--json", str(file)]),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.is_file(), done.stdout + done.stderr
    return dict(json.loads(file.read_text("utf-8")))


def links(found: dict[str, Any], attack: str) -> dict[str, Any]:
    (finding,) = [one for one in found["links"] if one["attack"] == attack]
    return dict(finding)


@pytest.mark.parametrize("url_type", ["oss", "7min_local"])
@pytest.mark.parametrize("way", WAYS)
def test_both_witnesses_see_an_allowed_link_at_every_entrance(
    found: dict[str, Any], way: str, url_type: str
) -> None:
    """Or all that follows could not fail."""
    finding = links(found, f"control: {way}, {url_type}")
    assert (finding["connects"], finding["codes"]) == (1, {"OK": 1})
    assert finding["wrong"] + finding["by_hook"] + finding["by_listeners"] == []


def test_both_witnesses_see_what_is_connected_to_where_nobody_may(found: dict[str, Any]) -> None:
    finding = links(found, "control: a process that connects to forbidden places")
    assert finding["connects"] == len(FORBIDDEN)
    assert finding["by_hook"] + finding["by_listeners"] == []


@pytest.mark.parametrize("way", WAYS)
def test_hostile_links_are_refused_with_their_codes_and_nobody_is_connected_to(
    found: dict[str, Any], way: str
) -> None:
    finding = links(found, f"hostile links, {way}")
    assert finding["tries"] == 2 * len(CORPUS) >= 300
    assert finding["connects"] == 0
    assert finding["by_hook"] + finding["by_listeners"] == []
    assert finding["wrong"] == []


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_changes_its_answer_is_looked_up_once_for_each_try(
    found: dict[str, Any], way: str
) -> None:
    finding = links(found, f"rebinding, {way}")
    assert finding["tries"] == finding["lookups"] == REBINDINGS
    assert finding["codes"] == {
        "FETCH_FAILED": REBINDINGS // 2,
        "ADDRESS_NOT_ALLOWED": REBINDINGS // 2,
    }
    assert finding["connects"] == REBINDINGS // 2, "to the good address alone"
    assert finding["by_hook"] + finding["by_listeners"] + finding["wrong"] == []


@pytest.mark.parametrize("way", WAYS)
def test_no_redirect_is_followed(found: dict[str, Any], way: str) -> None:
    finding = links(found, f"redirects, {way}")
    assert finding["connects"] == finding["tries"] >= 100
    assert finding["by_hook"] + finding["by_listeners"] + finding["wrong"] == []


@pytest.mark.parametrize("kind", ["slow", "lying", "endless", "compressed", "header-flooding"])
@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_misbehaves_is_told_by_its_code(
    found: dict[str, Any], way: str, kind: str
) -> None:
    met = [one for one in found["hosts"] if (one["way"], one["kind"]) == (way, kind)]
    assert len(met) >= 3
    assert {one["host"]: one["code"] for one in met} == {
        one["host"]: one["expected"] for one in met
    }


@pytest.mark.parametrize(
    ("attack", "statuses"),
    [
        ("bombs by their header", {"413"}),
        ("bombs in what is left out", {"200"}),
        ("kinds that are not allowed", {"415"}),
    ],
)
def test_hostile_pictures_are_answered_as_what_they_are(
    found: dict[str, Any], attack: str, statuses: set[str]
) -> None:
    answered = found["pictures"][attack]
    assert {code.split()[0] for code in answered["codes"]} == statuses
    assert (answered["failures"], answered["deaths"]) == ([], 0)


def test_mutated_pictures_hurt_nobody(found: dict[str, Any]) -> None:
    answered = found["pictures"]["mutated pictures"]
    assert answered["tries"] == MUTATIONS
    assert (answered["failures"], answered["deaths"]) == ([], 0)
    # Some are read and some refused, or they were changed too little or too much.
    statuses = {code.split()[0] for code in answered["codes"]}
    assert {"200", "422"} <= statuses


def test_the_decoder_has_pixels_or_a_refusal_of_every_mutated_picture() -> None:
    settings, statuses = Settings(), set[int]()
    for name, content in mutated(OF_THE_DECODER, SEED):
        try:
            decode(content, settings)
        except ServiceError as error:
            assert 400 <= error.status < 500, name
            statuses.add(error.status)
    assert statuses >= {413, 415, 422}


def test_the_same_processes_are_there_afterwards(found: dict[str, Any]) -> None:
    (line,) = [line for line in found["lines"] if line["attack"] == "afterwards"]
    assert line["met"]
