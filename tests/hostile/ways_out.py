"""Copied into the interpreter of `interpreter.py`, which imports it before anything else: every
connect and every lookup of a process becomes a line of the journal, whoever asks for it.

A line: [process id, "connect" or "lookup", where to]. Nothing of ours is imported here.
"""

import json
import os
import sys

_EVENTS = {
    "socket.connect": ("connect", 1),
    "socket.sendto": ("connect", 1),
    "socket.sendmsg": ("connect", 1),
    "socket.getaddrinfo": ("lookup", 0),
    "socket.gethostbyname": ("lookup", 0),
    "socket.gethostbyaddr": ("lookup", 0),
}


def watch(file):
    """Write what happens from now on to this file; it cannot be taken back."""
    journal = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(event, arguments):
        if event in _EVENTS:
            kind, place = _EVENTS[event]
            line = json.dumps([os.getpid(), kind, arguments[place]], default=repr)
            os.write(journal, line.encode() + b"\n")

    sys.addaudithook(note)


if os.environ.get("WAYS_OUT_JOURNAL"):
    watch(os.environ["WAYS_OUT_JOURNAL"])
