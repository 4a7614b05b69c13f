"""`fundocr funds`: checks a list of funds, and converts it into a CSV of `code,name`."""

import csv
import os
import sys
from io import StringIO
from pathlib import Path

from pipeline.fund_file import FundFile, FundFileError, read_fund_file
from postprocess.funds import FundList
from serving.failure import Failure
from serving.process import files_to_hand_on
from serving.say import counted, say

_TOLD = 20
"""Bad lines that are told one by one."""


def check(file: Path) -> int:
    """Print what the list has; Failure for one that FUNDOCR_FUND_LIST would not take."""
    funds = _usable(file)
    again = f", {counted(funds.again, 'line')} repeated" if funds.again else ""
    version = FundList(funds.funds).version
    say(f"{file}: {counted(len(funds.funds), 'fund')}{again}, version {version}")
    return 0


def convert(file: Path, out: Path | None) -> int:
    """Write `code,name`, ordered by code, in UTF-8; Failure where a line is bad."""
    funds = _usable(file)
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("code", "name"))
    rows.writerows(sorted(funds.funds.items()))
    content = text.getvalue().encode()
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    # Put in place as a whole: a service that starts meanwhile reads the old list or the new one.
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with files_to_hand_on():
            part.write_bytes(content)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Failure(f"{out} cannot be written: {error.strerror}.") from None
    say(f"{out}: {counted(len(funds.funds), 'fund')}")
    return 0


def _usable(file: Path) -> FundFile:
    """What the file lists; Failure with each bad line, and one sentence at the end."""
    try:
        funds = read_fund_file(file)
    except FundFileError as error:
        raise Failure(f"{error}.") from None
    if not funds.bad:
        return funds
    more = len(funds.bad) - _TOLD
    lines = [*funds.bad[:_TOLD], *([f"and {more} more"] if more > 0 else [])]
    how_many = f"{counted(len(funds.funds), 'fund')}, {counted(len(funds.bad), 'bad line')}"
    raise Failure("\n".join((*lines, f"{file} cannot be used: {how_many}.")))
