"""One table says which roles there are; everything else follows from it or is held to it."""

import re

from typer.testing import CliRunner

from cli.main import app
from db.roles import MAY, Role
from db.tables import access_key
from front.openapi import document
from front.pages.texts import TEXTS
from pipeline.settings import PROJECT


def test_every_role_has_its_line_and_fits_into_its_column() -> None:
    assert list(MAY) == list(Role)
    assert all(len(role) <= access_key.c.role.type.length for role in Role)


def test_each_may_do_what_those_before_it_may() -> None:
    may = [[one.includes(other) for other in Role] for one in Role]
    assert may == [[place <= row for place in range(len(Role))] for row in range(len(Role))]


def test_the_command_line_the_api_and_the_pages_tell_every_role() -> None:
    told = document()["components"]["securitySchemes"]["key"]["description"]
    assert all(f"{role}: {what}" in told for role, what in MAY.items())
    refused = CliRunner().invoke(app, ["key", "add", "orders", "--role", "reviewer"])
    assert refused.exit_code == 2
    assert all(role in refused.output for role in Role)
    reviewers = [role for role in Role if role.includes(Role.CORRECTOR)]
    assert {f"role_{role}" for role in reviewers} <= set(TEXTS), "front/pages/texts.py"


def test_the_documents_tell_every_role() -> None:
    """In each language, wherever keys are explained; and no other that a key could have."""
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]
    texts = [path.read_text("utf-8") for path in pages]
    assert [text for text in texts if all(re.search(rf"\b{role}\b", text) for role in Role)]
    named = {role for text in texts for role in re.findall(r"key add \S+ --role (\w+)", text)}
    assert named <= set(Role)
