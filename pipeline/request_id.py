"""The name of a request in logs and rows: what its caller calls it, where that is plain."""

import re

LONGEST = 64
_PLAIN = re.compile(rf"[A-Za-z0-9._-]{{1,{LONGEST}}}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE = "0" * 32


def given_id(x_request_id: str, traceparent: str) -> str | None:
    """The caller's X-Request-Id; without one the trace id of his `traceparent` (W3C Trace
    Context); None where neither is of the form that it must have.
    """
    if _PLAIN.fullmatch(x_request_id):
        return x_request_id
    trace = _TRACEPARENT.fullmatch(traceparent)
    return trace[1] if trace and trace[1] != _NO_TRACE else None
