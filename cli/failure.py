"""How a command ends early: one sentence for the person at the terminal, and an exit code."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.settings import Settings

USAGE = 2


class Failure(Exception):
    """What went wrong and what to do, for the terminal; exit_code for scripts."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def settings_or_failure() -> "Settings":
    """The settings; Failure (exit 2) with one line for each that is wrong."""
    from pipeline.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        raise Failure(str(error), USAGE) from None


def rules_or_failure(name: str | None) -> str:
    """The rule set to use: the one named on the command line, else the setting's."""
    from postprocess.extract import RULES

    if name is None:
        return settings_or_failure().rules
    if name not in RULES:
        raise Failure(f"There are no rules named {name!r}; there are: {', '.join(RULES)}.", USAGE)
    return name
