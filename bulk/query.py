"""What may be asked of somebody's database: one query that reads."""

import re

from bulk.errors import BulkError

# Texts, quoted names and comments, in which nothing is a keyword or an end. What MySQL runs out of
# a comment (`/*! … */`) is none.
_QUOTED = re.compile(
    r"""'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|`[^`]*`|--[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/""",
    re.DOTALL | re.VERBOSE,
)
_READS = re.compile(r"[\s(]*(?:SELECT|WITH)\b", re.IGNORECASE)
# INTO: a file or a table of the server's. The rest would be a second statement, or hide one.
_MORE = re.compile(r"\bINTO\b|;|/\*", re.IGNORECASE)


def require_one_query(text: str) -> None:
    """BulkError for all that is not one SELECT (or WITH … SELECT).

    It keeps slips and pasted scripts away; that nothing is changed is the database's to see to.
    """
    bare = _QUOTED.sub(" ", text).strip().removesuffix(";")
    if not _READS.match(bare) or _MORE.search(bare):
        raise BulkError("--sql takes one query that reads: SELECT …, or WITH … SELECT ….")
