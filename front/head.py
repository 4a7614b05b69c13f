"""The head of a request: refused where two readers could take it apart in two ways."""

import re

# A name directly before its colon, no controls, and no end of a line but CRLF: Sanic takes
# `Content-Length : 5` for a header of another name, and the body for the next request, where others
# take it for the length.
_HEAD = re.compile(rb"[^\r\n\0]*(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*)*")
_HOSTS = re.compile(rb"\r\n(?i:host):[\t ]*([^\r]*)")
_LENGTHS = re.compile(rb"\r\n(?i:content-length):[\t ]*([^\r]*)")
# A name or an address, and a port (RFC 9110, 7.2). Empty: the target has no host.
_HOST = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Za-z:.%_~-]+\])(?::[0-9]{0,5})?[\t ]*"
)
# Python reads digits of every script, and a sign; no body of ours is 10^18 bytes long.
_LENGTH = re.compile(rb"[0-9]{1,18}[\t ]*")


def is_plain(head: bytes) -> bool:
    """Whether everybody reads the same in it. head: up to its last line, without that one's end."""
    hosts = _HOSTS.findall(head)
    return (
        _HEAD.fullmatch(head) is not None
        and len(hosts) == 1
        and _HOST.fullmatch(hosts[0]) is not None
        and all(_LENGTH.fullmatch(length) for length in _LENGTHS.findall(head))
    )
