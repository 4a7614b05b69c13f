"""Loads the rules that the settings choose, with the fund list where there is one."""

from pathlib import Path

from pipeline.fund_file import FundFileError, read_fund_file
from pipeline.settings import Settings, SettingsError
from postprocess.extract import Rules, rules_for
from postprocess.funds import FundList


def open_rules(settings: Settings) -> Rules:
    """The rule set of the settings; SettingsError for a bad fund list."""
    file = settings.resolved_fund_list
    return rules_for(settings.rules, None if file is None else load_fund_list(file))


def load_fund_list(file: Path) -> FundList:
    """Read a list of funds (`pipeline.fund_file`); SettingsError names the first bad line."""
    try:
        found = read_fund_file(file)
    except FundFileError as error:
        raise SettingsError(f"FUNDOCR_FUND_LIST: {error}") from None
    if found.bad:
        raise SettingsError(f"FUNDOCR_FUND_LIST: {file}, {found.bad[0]}")
    return FundList(found.funds)
