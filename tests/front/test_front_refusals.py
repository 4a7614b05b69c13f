"""What the store says becomes what a caller is told."""

from types import SimpleNamespace
from typing import Any

import pytest

from db.errors import RowNotFound, RowRejected, SchemaMissing, StoreUnavailable
from front.respond import refused


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RowNotFound(), 404, "UNKNOWN_IMAGE"),
        (StoreUnavailable(), 503, "DATABASE_UNAVAILABLE"),
        (SchemaMissing(), 503, "DATABASE_UNAVAILABLE"),
        (ZeroDivisionError("kept to ourselves"), 500, "INTERNAL_ERROR"),
    ],
)
def test_a_failure_of_the_store_is_told_by_its_code(
    error: Exception, status: int, code: str
) -> None:
    told = refused(_request(), error)
    assert (told.status, told.code) == (status, code)
    assert "kept to ourselves" not in str(told)


def test_missing_tables_are_told_with_what_makes_them() -> None:
    assert "`fundocr db upgrade`" in str(refused(_request(), SchemaMissing()))


def test_who_sends_what_the_database_cannot_hold_is_not_asked_to_send_it_again() -> None:
    told = refused(_request(), RowRejected())
    assert (told.status, told.code, told.retry_after_s) == (400, "BAD_REQUEST", None)


def _request() -> Any:
    return SimpleNamespace(ctx=SimpleNamespace(id="17"))
