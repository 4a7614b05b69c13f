"""Prints text from files, rows and other machines without control codes for the terminal."""

import sys

from pipeline.plain import escaped


def plain_lines(text: object) -> str:
    """The text with nothing in it but what is seen, and its ends of lines."""
    return "\n".join(map(escaped, str(text).split("\n")))


def say(text: object, *, is_aside: bool = False) -> None:
    """Print it at once. is_aside: for the person, where standard output is for a program."""
    print(plain_lines(text), file=sys.stderr if is_aside else sys.stdout, flush=True)


def counted(number: int, one: str, several: str = "") -> str:
    """`1 row`, `2,000 rows`; `1 row is`, `2,000 rows are`. several: default is one with an `s`."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
