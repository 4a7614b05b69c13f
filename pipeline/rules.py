"""The rules that the settings choose, with the fund list where there is one."""

import csv
from pathlib import Path

from pipeline.settings import Settings, SettingsError
from postprocess.extract import Rules, rules_for
from postprocess.funds import FundList
from postprocess.normalize import normalize

_CODE_DIGITS = 6


def open_rules(settings: Settings) -> Rules:
    """The rule set of the settings; SettingsError for a bad fund list."""
    file = settings.resolved_fund_list
    return rules_for(settings.rules, None if file is None else load_fund_list(file))


def load_fund_list(file: Path) -> FundList:
    """Read a CSV of code,name in UTF-8, with or without a heading; SettingsError names the line."""
    names: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if not any(row):
                    continue
                code = normalize(row[0]).strip()
                if len(row) >= 2 and len(code) == _CODE_DIGITS and code.isdecimal():
                    names[code] = row[1]
                elif number > 1:
                    raise SettingsError(
                        f"FUNDOCR_FUND_LIST: {file}, line {number} is not like 011608,name"
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise SettingsError(f"FUNDOCR_FUND_LIST: {file} cannot be read: {reason}") from None
    if not names:
        raise SettingsError(f"FUNDOCR_FUND_LIST: {file} names no fund")
    return FundList(names)
