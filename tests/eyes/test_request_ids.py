"""What a request is called: what its caller calls it, where that is plain."""

import pytest

from pipeline.request import given_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("x_request_id", "traceparent", "is_called"),
    [
        ("order-17.b_2", "", "order-17.b_2"),
        ("order-17.b_2", PARENT, "order-17.b_2"),
        ("a" * 64, "", "a" * 64),
        ("a" * 65, "", None),
        ("two words", "", None),
        ("two\nlines", PARENT, TRACE),
        ("", PARENT, TRACE),
        ("", f"{PARENT}\n", None),
        ("", f"cc-{TRACE}-00f067aa0ba902b7-00", TRACE),
        ("", f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        ("", f"00-{TRACE.upper()}-00f067aa0ba902b7-01", None),
        ("", f"00-{TRACE}-00f067aa0ba902b7", None),
        ("", "", None),
    ],
)
def test_a_plain_id_wins_over_a_trace_and_a_trace_over_nothing(
    x_request_id: str, traceparent: str, is_called: str | None
) -> None:
    assert given_id(x_request_id, traceparent) == is_called
