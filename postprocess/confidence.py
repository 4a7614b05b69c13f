"""How sure the recogniser was of the characters that decide."""

from postprocess.normalize import normalize
from postprocess.tokens import Token
from postprocess.types import Line

LOW_CHARACTER = 0.5
"""Probability of a character below which its number is not answered: something else is likelier."""
LOW_LINE = 0.8
"""The same for the mean of a line, where the engine tells no characters."""
_OF_NUMBERS = frozenset("0123456789.,")


def confidence(token: Token) -> float:
    """The lowest probability among the characters of a number, 0–1.

    One wrong digit makes a wrong number, however well the rest of the line was read. Where the
    engine tells no characters, the mean of the line has to do.
    """
    return min(_confidence(line, token.part.text)[0] for line in token.lines)


def is_faint(token: Token) -> bool:
    """True where a number was read too faintly to be answered."""
    return any(
        sure < (LOW_CHARACTER if by_character else LOW_LINE)
        for sure, by_character in (_confidence(line, token.part.text) for line in token.lines)
    )


def _confidence(line: Line, number: str) -> tuple[float, bool]:
    """A number's confidence in one of its lines, and whether that is of its characters alone."""
    text, characters = normalize(line.text), line.characters
    if len(characters) != len(line.text):
        return line.confidence, False
    start = text.find(number) if len(text) == len(characters) else -1
    if start >= 0:
        end = start + len(number)
        characters, text = characters[start:end], text[start:end]
    elif len(text) != len(characters):
        text = line.text  # a sign such as ℃ became two
    # Of a number that was cut each line has a part: all digits of the line answer for it.
    own = [p for p, character in zip(characters, text, strict=True) if character in _OF_NUMBERS]
    return (min(own), True) if own else (line.confidence, False)
