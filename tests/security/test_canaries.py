"""What callers and their pictures tell stays where it belongs: none of it is in a log, on the
console, in a command line, or, where it does not belong, in an error.

One service lives through all that can happen to a request; then everything it has left is searched.
"""

from db.access import Role
from tests.security.canaries import CANARIES
from tests.security.story import Story

pytest_plugins = ["tests.shared_service_fixtures", "tests.security.story_fixtures"]

# An error may say what was wrong with these, but never repeat them.
NOT_IN_ERRORS = ("query", "note", "actor", "cookie", "wrong", "search", "body", "name", "amount")


def canaries_in(content: bytes) -> list[str]:
    """The names of those that stand in it."""
    return [
        name
        for name, forms in CANARIES.forms().items()
        if any(form.encode() in content for form in forms)
    ]


def test_all_of_it_has_happened(story: Story) -> None:
    """Or the rest would prove nothing: readings with the canaries in them, and every way to
    fail."""
    told = b"".join(one.content for one in story.answers if one.status_code == 200)
    assert {"query", "share", "note", "held", "name"} <= set(canaries_in(told))
    assert {
        *("NOT_JSON", "MISSING_FIELD", "WRONG_TYPE", "BAD_URL", "BAD_FUND_CODE", "BAD_HOLD_SHARE"),
        *("HOST_NOT_ALLOWED", "FETCH_FAILED", "NOT_A_PICTURE", "BAD_PICTURE", "ROW_CHANGED"),
        *("UNKNOWN_IMAGE", "NO_SUCH_PATH", "NO_SUCH_BATCH", "WRONG_KEY", "WRONG_METHOD"),
        *("DATABASE_UNAVAILABLE", "NO_SUCH_VERSION", "BAD_QUERY", "BAD_BATCH"),
    } <= story.codes()
    logs = {name for name in story.files if name.startswith("var/log/")}
    assert {
        f"var/log/{name}.log" for name in ("front", "model_log", "ts_log", "access_log")
    } <= logs
    assert len(story.commands) > 3


def test_no_canary_is_in_a_log(story: Story) -> None:
    found = {name: canaries_in(content) for name, content in story.files.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_no_canary_is_on_the_console_or_in_a_command_line(story: Story) -> None:
    assert canaries_in(story.console.encode()) == []
    assert canaries_in("\n".join(story.commands).encode()) == []


def test_no_error_repeats_what_it_was_sent(story: Story) -> None:
    found = [
        (one.request.method, one.url, one.status_code, name)
        for one in story.errors()
        if "html" not in one.headers.get("Content-Type", "")
        for name in canaries_in(one.content)
        if name in NOT_IN_ERRORS
    ]
    assert found == []


def test_no_key_is_stored_or_logged_or_in_a_command_line(story: Story) -> None:
    assert len(story.stored_keys) > len(Role)
    places = {
        **story.files,
        "the table": repr(story.stored_keys).encode(),
        "the command lines": "\n".join(story.commands).encode(),
        "the console": story.console.encode(),
    }
    assert len(story.keys) == 1 + len(Role) + 3
    for key in story.keys:
        assert [name for name, content in places.items() if key.encode() in content] == []


def test_a_watch_for_canaries_sees_them() -> None:
    forms: dict[str, list[str]] = CANARIES.forms()
    for name, texts in forms.items():
        for text in texts:
            assert canaries_in(f"… {text} …".encode()) == [name]
